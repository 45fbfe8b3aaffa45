"""digest report, digest issue report: what came of an issue, and of the last ones."""

from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.common import AsJson, Number, open_app, print_json

if TYPE_CHECKING:
    from digest.bootstrap import App

DEFAULT_LAST = 12
GROUPS = ("people", "machines", "unlabelled", "anonymous", "deliveries")


def report(
    number: Annotated[
        int | None, typer.Argument(metavar="N", help="The issue's number; without, all of them.")
    ] = None,
    last: Annotated[
        int, typer.Option("--last", min=1, max=260, help="Without N: how many issues.")
    ] = DEFAULT_LAST,
    series: Annotated[
        str, typer.Option("--series", help="Without N: issues of this schedule alone.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """What came of an issue, people and machines apart; without N, of the last issues.

    Example: digest report 3 --json
    """
    with open_app() as app:
        if number is None:
            _over_time(app, last, series, as_json=as_json)
        else:
            _one(app, number, as_json=as_json)


def issue_report(number: Number, as_json: AsJson = False) -> None:
    """What came of an issue, people and machines apart."""
    with open_app() as app:
        _one(app, number, as_json=as_json)


def _one(app: "App", number: int, *, as_json: bool) -> None:
    from digest.cli.bars import figure_lines
    from digest.reports.issue_report import as_json as json_of
    from digest.reports.issue_report import figures_of, issue_report
    from digest.track.hits.classification import classify_all
    from store.text import printable_line

    classify_all(app.store)
    with app.store.read() as session:
        report = issue_report(session, number)
    found = json_of(report)
    if as_json:
        print_json(found)
        return
    print(f"issue {number}")
    for group in GROUPS:
        counts = ", ".join(f"{amount} {name}" for name, amount in found[group].items() if amount)
        if counts or group != "anonymous":
            print(f"  {group:12}{counts or 'none'}")
    for figures in figures_of(report):
        if figures.rows:
            print()
            print("\n".join(figure_lines(figures)))
        if figures.key == "reasons":
            for words in report.reasons.words:
                print(f"  “{printable_line(words)}”")


def _over_time(app: "App", last: int, series: str, *, as_json: bool) -> None:
    from digest.cli.bars import figure_lines
    from digest.reports.whole import read_whole, whole_figures
    from digest.track.hits.classification import classify_all

    classify_all(app.store)
    with app.store.read() as session:
        whole = read_whole(session, last, series)
    found = whole_figures(whole)
    if as_json:
        print_json({one.key: one.records() for one in found})
        return
    print("\n\n".join("\n".join(figure_lines(one)) for one in found))
