"""digest studio: the editors' pages, on this machine only."""

from typing import Annotated

import typer

from digest.cli.common import open_app


def studio(
    number: Annotated[
        int | None, typer.Argument(metavar="[N]", help="The issue to open; without it, the list.")
    ] = None,
    port: Annotated[int, typer.Option(help="0 takes any free one.")] = 8026,
) -> None:
    """Open the studio in the browser, on this machine only. What is sent there, it sends itself.

    Example: digest studio 3
    """
    from digest.cli.processes import run_studio

    with open_app() as app:
        run_studio(app, number, port)
