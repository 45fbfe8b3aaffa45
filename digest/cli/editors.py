"""digest editors: who is told of drafts that wait, pages that changed, runs and sends."""

from typing import Annotated

import typer

from digest.cli.common import AsJson, format_time, open_app, open_reader, print_json, print_rows

app = typer.Typer(
    help="Who is told that a draft waits, a page changed, a run was skipped, a send is through.",
    no_args_is_help=True,
)


@app.command("add", epilog="Example: digest editors add ana@example.org --about draft,held")
def add(
    email: str,
    about: Annotated[
        str,
        typer.Option(
            metavar="KINDS", help="draft,changed,run,finished,held,source (default: all)."
        ),
    ] = "",
) -> None:
    """Tell an address from now on; again with other kinds changes what it is told of."""
    from digest.editors.addresses import add_editor
    from digest.editors.kinds import SAID

    wanted = [one.strip() for one in about.split(",") if one.strip()]
    with open_app() as app, app.store.write() as session:
        editor = add_editor(session, email, wanted, app.clock())
        told = [SAID[kind] for kind in SAID if not editor.about or kind in editor.about]
        print(f"{editor.email} is told when {', '.join(told)}")


@app.command("list", epilog="Example: digest editors list --json")
def list_(as_json: AsJson = False) -> None:
    """Who is told, and of what."""
    from digest.editors.addresses import all_editors
    from digest.editors.kinds import NoticeKind

    with open_reader() as reader, reader.store.read() as session:
        found = all_editors(session)
    if as_json:
        print_json(
            [
                {"email": one.email, "about": one.about or list(NoticeKind), "since": one.since}
                for one in found
            ]
        )
        return
    if not found:
        print("nobody is told; digest editors add ADDRESS")
        return
    print_rows(
        ("address", "about", "since"),
        [(one.email, ", ".join(one.about) or "all", format_time(one.since)) for one in found],
    )


@app.command("remove", epilog="Example: digest editors remove ana@example.org")
def remove(email: str) -> None:
    """Tell an address nothing more."""
    from digest.editors.addresses import remove_editor

    with open_app() as app, app.store.write() as session:
        remove_editor(session, email)
    print(f"{email} is told nothing more")
