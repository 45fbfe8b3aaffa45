"""People in from CSV, in chunks: memory stays flat however long the list is.

    bytes -> opening (encoding) -> sheet (rows) -> arrivals (people) -> admission (the list)

A chunk is a transaction. Broken off at any moment, the same file can simply be imported again:
who was taken is known, and nobody is added or withdrawn twice.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import BinaryIO

from store import Store, utc
from subscribers.addresses import AddressError, AddressHasher
from subscribers.service import LONGEST_SOURCE, STARTING
from subscribers.tables import SubscriberStatus
from subscribers.transfer.batch import Terms, admit, statuses
from subscribers.transfer.csv_file import Sheet
from subscribers.transfer.duplicates import Seen
from subscribers.transfer.encoding import ImportRefusedError, Opened, opened_as_text
from subscribers.transfer.export import export_csv
from subscribers.transfer.formats import GENERIC, OURS
from subscribers.transfer.refused_rows import ImportReport, RefusedRow, RefusedRows
from subscribers.transfer.rows import Arrival, Arrivals, RowRefusedError

__all__ = ["ImportRefusedError", "ImportReport", "RefusedRow", "export_csv", "import_csv"]

CHUNK = 5_000
"""Rows a transaction: each costs a wait for the disk."""
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}


def import_csv(
    store: Store,
    hasher: AddressHasher,
    file: BinaryIO,
    *,
    source: str,
    status: SubscriberStatus | None,
    now: datetime,
    wording: str,
    refused: RefusedRows | None = None,
    dry: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> ImportReport:
    """Adds whoever is new, with `wording` as the operator's statement, and what the file proves.

    `status` is what those become of whom the file does not say that they are pending or have
    left; None leaves active who is active there, and makes the others pending. A `dry` run
    counts and changes nothing. `refused` gets each row that is not taken, `progress` the bytes
    read so far, once a chunk. Raises ImportRefusedError (`subscribers.transfer.encoding`,
    `subscribers.transfer.csv_file`) before anybody is added.
    """
    if status is not None and status not in STARTING:
        raise ValueError(f"nobody comes onto the list as {status}; use pending or active")
    with opened_as_text(file) as opened, Seen() as seen:
        sheet = Sheet(opened.text)
        reader = Arrivals(sheet.names, source.rpartition("/")[2], utc(now))
        report = ImportReport(
            read_as=_read_as(opened, sheet, reader),
            unused=[sheet.header[place] for place in reader.unused if sheet.header[place]],
        )
        tool = "the file" if reader.layout.name in {GENERIC, OURS} else reader.layout.name
        terms = Terms(hasher, source[:LONGEST_SOURCE], tool, statuses(status), wording, utc(now))
        for chunk in _chunks(sheet, reader, report, refused):
            with store.read() if dry else store.write() as session:
                admit(session, terms, chunk, seen, report, dry=dry)
            progress(file.tell())
        report.undated = reader.undated
        return report


def _read_as(opened: Opened, sheet: Sheet, reader: Arrivals) -> str:
    name = reader.layout.name
    what = {GENERIC: "a plain list", OURS: "an export of this program"}.get(
        name, f"an export of {name}"
    )
    guess = ", which is a guess: it is no UTF-8" if opened.guessed else ""
    return f"{what}, parted by {_DELIMITERS[sheet.delimiter]}, in {opened.encoding}{guess}"


def _chunks(
    sheet: Sheet, reader: Arrivals, report: ImportReport, refused: RefusedRows | None
) -> Iterator[list[Arrival]]:
    """Who may be taken, row by row; the others go into `report` and `refused`."""
    chunk: list[Arrival] = []
    for line, last_line, cells, no_csv in sheet.rows():
        try:
            if no_csv:
                raise RowRefusedError("no CSV", no_csv)  # noqa: TRY301 - refused like any other
            chunk.append(reader.read(line, cells))
        except (AddressError, RowRefusedError) as error:
            if not no_csv and not any(cell.strip() for cell in cells):
                continue
            runs_on = f"; the row runs to line {last_line}: is a quote missing?"
            why = error.why + (runs_on if last_line > line and not no_csv else "")
            row = RefusedRow(line, error.found, why)
            report.refuse(row)
            if refused:
                refused.write(sheet, cells, row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
