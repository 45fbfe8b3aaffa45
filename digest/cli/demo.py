"""digest demo: a whole week on sample data, into a local outbox."""

from pathlib import Path
from typing import Annotated

import typer


def demo(
    folder: Annotated[Path, typer.Option(help="Where the demo keeps everything.")] = Path(
        "var/demo"
    ),
    studio: Annotated[
        bool, typer.Option("--studio", help="Leave the issue as a draft; open it in the studio.")
    ] = False,
    port: Annotated[int, typer.Option(help="The studio's; 0 takes any free one.")] = 8026,
) -> None:
    """A whole week on sample data, into the local outbox; says what to open.

    Example: digest demo
    """
    from digest.cli.sample_week import run_sample_week

    run_sample_week(folder, studio_port=port if studio else None)
