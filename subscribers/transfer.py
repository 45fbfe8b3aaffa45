"""People in from CSV and out to CSV, in chunks: memory stays flat however long the list is."""

import csv
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TextIO

from sqlalchemy import insert
from sqlmodel import Session, col, select

from store import Store, utc
from subscribers.addresses import AddressError, AddressHasher, ParsedAddress, parse_address
from subscribers.consent import ConsentKind
from subscribers.insertion import insert_new
from subscribers.roster import LONGEST_SOURCE, new_row
from subscribers.sheet import ImportRefusedError, Row, Unreadable, disarmed, read_sheet
from subscribers.tables import Consent, Subscriber, SubscriberStatus, Suppression

__all__ = ["ImportRefusedError", "ImportReport", "RefusedRow", "export_csv", "import_csv"]

CHUNK = 1_000
"""Rows a transaction; far below what either database binds in one statement."""
MOST_REFUSED_KEPT = 100
LEFT_ELSEWHERE = frozenset({"unsubscribed", "bounced", "complained", "cleaned", "suppressed"})
"""Words of a status column, ours and other senders', for people who must not be mailed."""
COLUMNS = ("email", "first_name", "status", "source", "created_at")


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was not taken; `str()` is the one line to print."""

    line: int
    found: str
    why: str

    def __str__(self) -> str:
        return f"line {self.line}: found {self.found!r}, {self.why}"


@dataclass(slots=True)
class ImportReport:
    """What became of the rows: the five counts add up to how many there were."""

    added: int = 0
    already: int = 0
    """On the list before; left as they were."""
    repeated: int = 0
    """The address stands in the file more than once."""
    suppressed: int = 0
    """Must not be mailed: suppressed here, or the file's own status column says so."""
    refused_count: int = 0
    refused: list[RefusedRow] = field(default_factory=list)
    """The first hundred."""

    def refuse(self, line: int, found: str, why: str) -> None:
        self.refused_count += 1
        if len(self.refused) < MOST_REFUSED_KEPT:
            self.refused.append(RefusedRow(line, found, why))


Person = tuple[ParsedAddress, str, bool]
"""Address, first name, and whether the row itself says that it was never confirmed."""

UNCONFIRMED = frozenset({"pending", "unconfirmed"})
STAYS = frozenset({"", "active", "subscribed", "confirmed", "enabled"}) | UNCONFIRMED

Wanted = dict[str, dict[str, Any]]
"""Columns of new subscribers by the key of their address."""


@dataclass(frozen=True, slots=True)
class _Import:
    """What is the same for every row of one import."""

    hasher: AddressHasher
    source: str
    status: SubscriberStatus
    wording: str
    now: datetime


def import_csv(
    store: Store,
    hasher: AddressHasher,
    rows: TextIO,
    *,
    source: str,
    status: SubscriberStatus,
    now: datetime,
    wording: str,
) -> ImportReport:
    """Adds whoever is new, with `wording` as the proof of consent; a thousand a transaction.

    `rows` is text opened as UTF-8 with newline="". Broken off, it can simply be run again:
    nobody is added twice. Raises ImportRefusedError (`subscribers.sheet.read_sheet`).
    """
    what = _Import(hasher, source[:LONGEST_SOURCE], status, wording, utc(now))
    report = ImportReport()
    for chunk in _chunks(_people(read_sheet(rows), report)):
        with store.write() as session:
            _import_chunk(session, what, chunk, report)
    return report


def export_csv(session: Session, rows: TextIO) -> int:
    """Everybody on the list in the order they came; how many. `rows` is opened with newline="".

    Cells that a spreadsheet would run as a formula get an apostrophe before them
    (https://owasp.org/www-community/attacks/CSV_Injection), which an import takes off again.
    """
    writer = csv.writer(rows)
    writer.writerow(COLUMNS)
    columns = [col(getattr(Subscriber, name)) for name in COLUMNS]
    found = (
        session.connection()
        .execution_options(yield_per=CHUNK)
        .execute(select(*columns).order_by(col(Subscriber.id)))
    )
    count = 0
    for *texts, created_at in found:
        writer.writerow([*map(disarmed, texts), created_at.isoformat()])
        count += 1
    return count


def _people(rows: Iterable[Row | Unreadable], report: ImportReport) -> Iterator[Person]:
    """Who may be taken, row by row; the others go into `report`."""
    for row in rows:
        if isinstance(row, Unreadable):
            report.refuse(row.line, "no CSV", row.why)
            continue
        try:
            parsed = parse_address(row.email)
        except AddressError as error:
            runs_on = f"; the row runs to line {row.last_line}: is a quote missing?"
            report.refuse(
                row.line, error.found, error.why + (runs_on if row.last_line > row.line else "")
            )
            continue
        if row.status in LEFT_ELSEWHERE:
            report.suppressed += 1
        elif row.status in STAYS:
            yield parsed, row.first_name, row.status in UNCONFIRMED
        else:
            report.refuse(row.line, f"status {row.status!r}", "active, pending or unsubscribed")


def _chunks(people: Iterator[Person]) -> Iterator[list[Person]]:
    while chunk := list(itertools.islice(people, CHUNK)):
        yield chunk


def _import_chunk(
    session: Session,
    what: _Import,
    people: list[Person],
    report: ImportReport,
) -> None:
    wanted: Wanted = {}
    for parsed, first_name, unconfirmed in people:
        if parsed.key in wanted:  # of two rows for one address the first counts
            report.repeated += 1
            continue
        wanted[parsed.key] = new_row(
            what.hasher,
            parsed,
            first_name=first_name,
            # Nobody who was pending elsewhere is active here without having confirmed.
            status=SubscriberStatus.PENDING if unconfirmed else what.status,
            source=what.source,
            now=what.now,
        )
    _leave_out_suppressed(session, wanted, report)
    _leave_out_known(session, what, wanted, report)
    if wanted:
        _insert(session, what, wanted, report)


def _leave_out_suppressed(session: Session, wanted: Wanted, report: ImportReport) -> None:
    hashes = {row["address_hash"]: key for key, row in wanted.items()}
    blocked = select(Suppression.address_hash).where(col(Suppression.address_hash).in_(hashes))
    for address_hash in session.exec(blocked).all():
        del wanted[hashes[address_hash]]
        report.suppressed += 1


def _leave_out_known(session: Session, what: _Import, wanted: Wanted, report: ImportReport) -> None:
    known = select(Subscriber.email_key, Subscriber.source, Subscriber.created_at).where(
        col(Subscriber.email_key).in_(wanted)
    )
    for key, source, created_at in session.exec(known).all():
        del wanted[key]
        # Whom an earlier chunk of this very import added is told by the import's moment: a set
        # of every address seen would grow with the file.
        if (source, created_at) == (what.source, what.now):
            report.repeated += 1
        else:
            report.already += 1


def _insert(session: Session, what: _Import, wanted: Wanted, report: ImportReport) -> None:
    statement = insert_new(session, Subscriber).returning(col(Subscriber.id))
    added = session.connection().execute(statement, list(wanted.values())).scalars().all()
    report.added += len(added)
    report.already += len(wanted) - len(added)  # somebody else added them in this moment
    if not added:
        return
    proof = {
        "kind": ConsentKind.IMPORTED.value,
        "wording": what.wording,
        "source": what.source,
        "ip": "",
        "user_agent": "",
        "at": what.now,
    }
    session.connection().execute(
        insert(Consent), [{"subscriber_id": number, **proof} for number in added]
    )
