"""digest report: what came of an issue, people and machines apart."""

from typing import Annotated

import typer

from digest.cli.common import open_app, print_json


def report(
    number: Annotated[int, typer.Argument(metavar="N", help="The issue's number.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON alone.")] = False,
) -> None:
    """What came of an issue, people and machines apart.

    Example: digest report 3 --json
    """
    from digest.track.hits.classification import classify_all
    from digest.track.report import report_of

    with open_app() as app:
        classify_all(app.store)
        with app.store.read() as session:
            found = report_of(session, number)
    if as_json:
        print_json(found)
        return
    print(f"issue {number}")
    for group in ("people", "machines", "unlabelled", "deliveries"):
        counts = ", ".join(f"{amount} {name}" for name, amount in found[group].items() if amount)
        print(f"  {group:12}{counts or 'none'}")
