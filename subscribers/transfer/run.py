"""Imports subscribers from CSV in chunks, so that memory stays flat for any length.

    bytes -> encoding (text) -> csv_file (blocks of cells) -> columns (people) -> batch (the list)

A chunk is a transaction. After an interruption the same file can be imported again: nobody is
added or unsubscribed twice.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from datetime import datetime
from itertools import chain
from typing import BinaryIO

from store.engine import Store
from store.times import utc
from subscribers.addresses import AddressHasher
from subscribers.service import INITIAL_STATUSES, MAX_SOURCE_LENGTH
from subscribers.tables import ImportRun, SubscriberStatus
from subscribers.transfer.batch import prepare_batch
from subscribers.transfer.bulk_insert import spelling
from subscribers.transfer.cells.dates import DateOrder
from subscribers.transfer.columns import BlockReader
from subscribers.transfer.csv_file import (
    Cells,
    CsvBlock,
    CsvReader,
    CsvRow,
    LinesWithoutAddress,
    rows_of,
)
from subscribers.transfer.departures import ImportOptions
from subscribers.transfer.duplicates import DuplicateFinder
from subscribers.transfer.encoding import DecodedFile, ImportRefusedError, open_as_text
from subscribers.transfer.export import export_csv
from subscribers.transfer.formats.detect import NO_CHOICES, ColumnChoices, UnclearColumnError
from subscribers.transfer.formats.known_exports import GENERIC, OWN_EXPORT
from subscribers.transfer.new_people import statuses_for
from subscribers.transfer.plain_rows import People, PlainRows
from subscribers.transfer.read_ahead import read_ahead
from subscribers.transfer.refused_rows import ImportReport, Refusals, RefusedRow, RefusedRows
from subscribers.transfer.rows import RowParser
from subscribers.transfer.transactions import store_batches

__all__ = [
    "ImportRefusedError",
    "ImportReport",
    "RefusedRow",
    "UnclearColumnError",
    "export_csv",
    "import_csv",
]

CHUNK = 20_000
"""Rows in one transaction: each one writes every page of an index that it touched, and waits for
the disk. Others who write wait as long, half a second."""
FIRST_CHUNK = 4_000
"""Rows in the first one: fewer, so that storing begins while the rest is read."""
FIRST_ROWS = 1_000
"""Rows that are looked at before the first is taken, to tell how the file writes dates."""
MOST_HOPELESS = 10_000
"""Rows of which none can be taken, from the first on: then it is no list, or another column."""
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


def import_csv(
    store: Store,
    hasher: AddressHasher,
    file: BinaryIO,
    *,
    source: str,
    status: SubscriberStatus | None,
    now: datetime,
    wording: str,
    consent_at: datetime | None = None,
    refused: RefusedRows | None = None,
    dry: bool = False,
    choices: ColumnChoices = NO_CHOICES,
    encoding: str | None = None,
    order: DateOrder | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> ImportReport:
    """Import new subscribers, with `wording` as the operator's statement of consent.

    `consent_at` is when they gave it, where the operator knows; else `now`. `status` is for rows
    that are neither pending nor unsubscribed in the file; None keeps active those that are active
    in the file, and makes the others pending. A `dry` run counts and changes nothing. `refused`
    gets each row that is not taken, `progress` the bytes read so far, once for each chunk.
    `choices` is what the operator says of columns, `order` of dates.
    Raises ImportRefusedError (`subscribers.transfer.encoding`, `subscribers.transfer.csv_file`) or
    UnclearColumnError (`subscribers.transfer.formats.detect`) before anybody is added.
    """
    if status is not None and status not in INITIAL_STATUSES:
        raise ValueError(f"a subscriber can't start as {status}; use pending or active")
    now = utc(now)
    with open_as_text(file, encoding) as opened, DuplicateFinder() as seen:
        csv_rows = CsvReader(opened.text, choices)
        parser = RowParser(csv_rows.header, source.rpartition("/")[2], now, choices, order)
        blocks = _with_order(csv_rows, parser)
        report = _report(opened, csv_rows, parser)
        refusals = Refusals(csv_rows, report, refused)
        tool = _tool(parser)
        report.run = None if dry else _begin_run(store, source, tool, wording, now)
        statuses, agreed = statuses_for(status), utc(consent_at or now)
        name = source[:MAX_SOURCE_LENGTH]
        spell = spelling(sqlite=store.is_sqlite)
        options = ImportOptions(
            hasher, name, tool, statuses, wording, now, agreed, spell, report.run
        )
        chunks = _chunks(blocks, BlockReader(csv_rows, parser, refusals), refusals)
        batches = ((prepare_batch(options, one, dry=dry), opened.position()) for one in chunks)
        # Rows of our own export may be refused as they are stored, and stay in the file's order.
        ahead = nullcontext(batches) if dry or parser.reads_hashes else read_ahead(batches)
        try:
            with ahead as read:
                store_batches(store, options, read, seen, refusals, dry=dry, progress=progress)
        except ImportRefusedError:
            if report.run is not None:  # nobody came in by it
                _forget_run(store, report.run)
            raise
        if report.run is not None:
            _end_run(store, report.run, report)
        report.unreadable_dates, report.no_names = parser.unreadable_dates, parser.no_names
        report.secrets, report.erased = parser.secrets, parser.erased
        return report


def _report(opened: DecodedFile, csv_rows: CsvReader, parser: RowParser) -> ImportReport:
    return ImportReport(
        read_as=_read_as(opened, csv_rows, parser),
        unused=[csv_rows.header[place] for place in parser.unused if csv_rows.header[place]],
    )


def _tool(parser: RowParser) -> str:
    """Return whose export it is, as the wording of a consent record names it."""
    name = parser.import_format.name
    return "the file" if name in {GENERIC, OWN_EXPORT} else name


def _begin_run(store: Store, source: str, tool: str, wording: str, now: datetime) -> int:
    """Store that an import begins; return its number."""
    with store.write() as session:
        run = ImportRun(source=source[:MAX_SOURCE_LENGTH], tool=tool, wording=wording, at=now)
        session.add(run)
        session.flush()
        assert run.id is not None  # noqa: S101 - it came from the database
        return run.id


def _forget_run(store: Store, number: int) -> None:
    with store.write() as session:
        run = session.get(ImportRun, number)
        if run is not None:
            session.delete(run)


def _end_run(store: Store, number: int, report: ImportReport) -> None:
    with store.write() as session:
        run = session.get(ImportRun, number)
        if run is not None:
            run.added, run.departed = report.added, report.departed


def _read_as(opened: DecodedFile, rows: CsvReader, parser: RowParser) -> str:
    name = parser.import_format.name
    what = {GENERIC: "a plain list", OWN_EXPORT: "an export of this program"}.get(
        name, f"an export of {name}"
    )
    guess = ", which is a guess: it is no UTF-8" if opened.guessed else ""
    parted = _DELIMITERS.get(rows.delimiter, rows.delimiter)
    return f"{what}, parted by {parted}, in {opened.encoding}{guess}"


def _with_order(csv_rows: CsvReader, parser: RowParser) -> Iterator[CsvBlock]:
    """Return all blocks, after telling from the first ones how the file writes dates.

    Raises ImportRefusedError where a date may mean two days.
    """
    blocks = csv_rows.blocks(part=not parser.reads_hashes)
    seen: list[CsvBlock] = []
    first: list[CsvRow] = []
    lines = 0
    for block in blocks if parser.reads_dates else ():
        if isinstance(block, LinesWithoutAddress):
            lines += len(block.lines)
            seen.append(block)
        else:
            kept = rows_of(block) if isinstance(block, Cells) else _until_long(csv_rows, block)
            first += kept
            seen.append(block if isinstance(block, Cells) else chain(kept, block))
        if lines + len(first) >= FIRST_ROWS or (first and csv_rows.is_long(first[-1][0])):
            break
    if doubtful := parser.doubtful_date(first):
        raise ImportRefusedError(
            f"found the date {doubtful!r}, which may mean two days: say --dates dmy (day first) "
            "or --dates mdy (month first)"
        )
    return chain(seen, blocks)


def _until_long(csv_rows: CsvReader, rows: Iterator[CsvRow]) -> list[CsvRow]:
    """Read rows up to a line that is too long: its text can be read until the next row is."""
    found = []
    for row in rows:
        found.append(row)
        if csv_rows.is_long(row[0]):
            break
    return found


def _chunks(
    blocks: Iterable[CsvBlock], reader: BlockReader, refusals: Refusals
) -> Iterator[People]:
    """Yield accepted rows in chunks; the others go to `refusals`.

    Raises ImportRefusedError where there is nobody in MOST_HOPELESS rows.
    """
    chunk = reader.nobody()
    size = min(FIRST_CHUNK, CHUNK)
    found_somebody = False
    for block in blocks:
        chunk.extend(reader.people(block))  # type: ignore[arg-type]  # of one kind
        found_somebody = found_somebody or bool(chunk)
        if not found_somebody:
            _ensure_hope(reader.rows_read, refusals)
        while len(chunk) >= size:
            yield _cut(chunk, size)
            size = CHUNK
    if chunk:
        yield chunk


def _cut(chunk: People, count: int) -> People:
    """Take the first rows out of a chunk; return them."""
    if isinstance(chunk, PlainRows):
        return chunk.cut(count)
    first = chunk[:count]
    del chunk[:count]
    return first


def _ensure_hope(hopeless: int, refusals: Refusals) -> None:
    if hopeless < MOST_HOPELESS:
        return
    first = next(iter(refusals.report.refused), "all of them are empty")
    raise ImportRefusedError(
        f"none of the first {MOST_HOPELESS:,} rows can be taken ({first}): is it the right file, "
        "with the addresses in the right column?"
    )
