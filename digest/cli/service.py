"""digest service: units for systemd."""

from pathlib import Path
from typing import Annotated

import typer

from digest.cli.common import CommandError

app = typer.Typer(help="Run as a service of systemd.", no_args_is_help=True)


@app.command("install", epilog="Example: digest service install --user --print")
def install(
    *,
    user: Annotated[bool, typer.Option("--user", help="For this user alone.")] = False,
    system: Annotated[bool, typer.Option("--system", help="For the machine; needs root.")] = False,
    apart: Annotated[
        bool, typer.Option("--apart", help="Web, worker and scheduler as a unit each.")
    ] = False,
    only_print: Annotated[
        bool, typer.Option("--print", help="Print the units, and write nothing.")
    ] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the web pages.")] = 8000,
) -> None:
    """Write units for systemd, and say what to do next. A unit that is there is replaced."""
    from digest.service.units import Part, Scope, folder_of, state_folder, unit

    if user == system:
        raise CommandError("say whose service it is: --user or --system")
    scope = Scope.SYSTEM if system else Scope.USER
    parts = [Part.WEB, Part.WORKER, Part.SCHEDULER] if apart else [Part.SERVE]
    units = [
        unit(part, scope, _program(), f"--port {port}" if part in (Part.WEB, Part.SERVE) else "")
        for part in parts
    ]
    if only_print:
        for one in units:
            print(f"# {one.name}\n{one.text}")
        return
    folder = folder_of(scope, Path.home())
    folder.mkdir(parents=True, exist_ok=True)
    for one in units:
        (folder / one.name).write_text(one.text, encoding="utf-8")
        print(f"wrote {folder / one.name}")
    control = "systemctl" if system else "systemctl --user"
    names = " ".join(one.name for one in units)
    print(f"data and settings (.env) are in {state_folder(scope, Path.home())}; then:")
    if system:
        print("  useradd --system --home-dir /var/lib/digest digest")
    print(f"  {control} daemon-reload && {control} enable --now {names}")


def _program() -> Path:
    """Return the `digest` that runs now, with nothing that depends on this shell."""
    import sys

    return Path(sys.prefix) / "bin" / "digest"
