"""digest template: a look of one's own."""

import re
import shutil
from pathlib import Path
from typing import Annotated

import typer

from digest.cli.common import CommandError

app = typer.Typer(help="How the email looks.", no_args_is_help=True)


@app.callback()
def _noun() -> None:
    """A command group, even with one command in it."""


@app.command("new", epilog="Example: digest template new ours")
def new(
    name: Annotated[str, typer.Argument(help="The folder to make, here.")],
) -> None:
    """Copy the email templates into a folder, to be changed."""
    from digest.render.environment import templates_folder

    folder = Path(name)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise CommandError(
            f"{name} is no name for a folder here; take letters, digits, dots and dashes"
        )
    if folder.exists():
        raise CommandError(f"{folder} is already there; take another name, or move it away")
    making = folder.with_name(f".{name}.making")
    shutil.rmtree(making, ignore_errors=True)
    shutil.copytree(templates_folder() / "email", making / "email")
    making.rename(folder)
    print(f"{folder}/email/ holds the templates; use them with DIGEST_TEMPLATES={folder}")
    print("delete those that you leave as they are, so that later versions of them reach you")
    print("look at an issue with: digest issue preview")
