"""Imports subscribers from CSV in chunks, so that memory stays flat for any length.

    bytes -> encoding (text) -> csv_file (cells) -> rows (people) -> batch (the list)

A chunk is a transaction. After an interruption the same file can be imported again: nobody is
added or unsubscribed twice.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import BinaryIO

from store.engine import Store
from store.times import utc
from subscribers.addresses import AddressError, AddressHasher
from subscribers.service import INITIAL_STATUSES, MAX_SOURCE_LENGTH
from subscribers.tables import SubscriberStatus
from subscribers.transfer.batch import ImportOptions, import_batch, statuses_for
from subscribers.transfer.csv_file import CsvReader
from subscribers.transfer.duplicates import DuplicateFinder
from subscribers.transfer.encoding import DecodedFile, ImportRefusedError, open_as_text
from subscribers.transfer.export import export_csv
from subscribers.transfer.formats import GENERIC, OWN_EXPORT
from subscribers.transfer.refused_rows import ImportReport, RefusedRow, RefusedRows
from subscribers.transfer.rows import ImportRow, RowParser, RowRefusedError

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
    """Import new subscribers, with `wording` as the operator's statement of consent.

    `status` is what those become of whom the file does not say that they are pending or have
    left; None leaves active who is active there, and makes the others pending. A `dry` run
    counts and changes nothing. `refused` gets each row that is not taken, `progress` the bytes
    read so far, once a chunk. Raises ImportRefusedError (`subscribers.transfer.encoding`,
    `subscribers.transfer.csv_file`) before anybody is added.
    """
    if status is not None and status not in INITIAL_STATUSES:
        raise ValueError(f"nobody comes onto the list as {status}; use pending or active")
    with open_as_text(file) as opened, DuplicateFinder() as seen:
        csv_rows = CsvReader(opened.text)
        reader = RowParser(csv_rows.names, source.rpartition("/")[2], utc(now))
        report = ImportReport(
            read_as=_read_as(opened, csv_rows, reader),
            unused=[csv_rows.header[place] for place in reader.unused if csv_rows.header[place]],
        )
        name = reader.import_format.name
        tool = "the file" if name in {GENERIC, OWN_EXPORT} else name
        options = ImportOptions(
            hasher, source[:MAX_SOURCE_LENGTH], tool, statuses_for(status), wording, utc(now)
        )
        for chunk in _chunks(csv_rows, reader, report, refused):
            with store.read() if dry else store.write() as session:
                import_batch(session, options, chunk, seen, report, dry=dry)
            progress(file.tell())
        report.unreadable_dates = reader.unreadable_dates
        return report


def _read_as(opened: DecodedFile, rows: CsvReader, reader: RowParser) -> str:
    name = reader.import_format.name
    what = {GENERIC: "a plain list", OWN_EXPORT: "an export of this program"}.get(
        name, f"an export of {name}"
    )
    guess = ", which is a guess: it is no UTF-8" if opened.guessed else ""
    return f"{what}, parted by {_DELIMITERS[rows.delimiter]}, in {opened.encoding}{guess}"


def _chunks(
    csv_rows: CsvReader, reader: RowParser, report: ImportReport, refused: RefusedRows | None
) -> Iterator[list[ImportRow]]:
    """Yield accepted rows in chunks; the others go into `report` and `refused`."""
    chunk: list[ImportRow] = []
    for line, last_line, cells, no_csv in csv_rows.rows():
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
                refused.write(csv_rows, cells, row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
