"""digest subscribers import, export: the list in and out as CSV."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from digest.cli.common import open_app

Source = Annotated[
    str | None, typer.Argument(metavar="FILE.csv", help="CSV, or - for standard input.")
]
Status = Annotated[
    str | None,
    typer.Option(
        metavar="active|pending",
        help="Status of rows that are neither pending nor unsubscribed in the file. "
        "Default: what the file says, else pending.",
    ),
]
ReportPath = Annotated[
    Path | None,
    typer.Option(help="Where refused rows go, with reasons. Default: FILE.csv.refused.csv"),
]
DryRun = Annotated[bool, typer.Option(help="Check every row, and change nothing.")]
Meanings = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="COLUMN=MEANING",
        help="What a column means: email, name, status, subscribed, unsubscribed, bounced, "
        "complained, signed-up-at, confirmed-at, ... May be given several times.",
    ),
]
Ignored = Annotated[
    list[str] | None,
    typer.Option(metavar="COLUMN", help="A column to leave unread. May be given often."),
]
Encoding = Annotated[str | None, typer.Option(help="Like cp1250 or latin-1. Default: found out.")]
Dates = Annotated[
    str | None,
    typer.Option(metavar="dmy|mdy", help="Whether 03/04/2024 is in April or in March."),
]
Consent = Annotated[
    str, typer.Option(metavar="TEXT", help="What they agreed to, in its own words; is kept.")
]
ConsentDate = Annotated[
    str | None, typer.Option(metavar="DATE", help="When they agreed, like 2024-05-01.")
]
Undo = Annotated[
    int | None,
    typer.Option(metavar="RUN", help="Remove those added by that import, unless they acted since."),
]


def import_(
    file: Source = None,
    *,
    status: Status = None,
    report: ReportPath = None,
    dry_run: DryRun = False,
    map_: Meanings = None,
    ignore: Ignored = None,
    encoding: Encoding = None,
    dates: Dates = None,
    consent: Consent = "",
    consent_date: ConsentDate = None,
    undo: Undo = None,
) -> None:
    """Read subscribers from CSV, also exports of other tools. An unsubscribed reader stays so."""
    from digest.cli.readers.import_report import ImportRequest, import_file

    if undo is not None:
        others = (file, status, report, map_, ignore, encoding, dates, consent_date)
        _undo(undo, alone=not (any(others) or dry_run or consent))
        return
    if file is None:
        raise typer.BadParameter("expected FILE.csv, or --undo RUN")
    if dates not in (None, "dmy", "mdy"):
        raise typer.BadParameter(f"--dates: found {dates!r}, expected dmy or mdy")
    import_file(
        ImportRequest(
            file,
            initial_status(status) if status else None,
            report,
            dry_run,
            tuple(map_ or ()),
            tuple(ignore or ()),
            encoding,
            dates,
            " ".join(consent.split()),
            _day(consent_date),
        )
    )


def export(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Default: stdout.")] = None,
) -> None:
    """Write every subscriber as CSV; a .csv file gets the mark by which spreadsheets know UTF-8."""
    from store.files import open_private, written_aside
    from subscribers.hash_key import fingerprint_of
    from subscribers.transfer.run import export_csv

    with open_app() as app, app.store.read() as session:
        secrets = [*map(fingerprint_of, app.settings.secrets), app.hasher.fingerprint()]
        if file is None:
            export_csv(session, sys.stdout, secrets)
            return
        # With a mark: without it a spreadsheet takes the file for another encoding.
        encoding = "utf-8-sig" if file.suffix.lower() == ".csv" else "utf-8"
        # Its owner's alone, like the database: it holds every reader's address.
        with written_aside(file) as aside, open_private(aside, encoding) as rows:
            export_csv(session, rows, secrets)
    print(file)


def _undo(run: int, *, alone: bool) -> None:
    from digest.cli.readers.pending import undo_run

    if not alone:
        raise typer.BadParameter("--undo RUN takes no file and no other option")
    undo_run(run)


def initial_status(text: str) -> Any:
    """Return the status that an option names. Raises typer.BadParameter."""
    from subscribers.tables import SubscriberStatus

    if text not in (SubscriberStatus.ACTIVE, SubscriberStatus.PENDING):
        raise typer.BadParameter(f"--status: found {text!r}, expected active or pending")
    return SubscriberStatus(text)


def _day(text: str | None) -> Any:
    from subscribers.transfer.cells.dates import read_date

    if text is None:
        return None
    day = read_date(text)
    if day is None:
        raise typer.BadParameter(f"--consent-date: found {text!r}, expected 2024-05-01")
    return day
