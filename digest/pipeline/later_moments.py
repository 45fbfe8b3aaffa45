"""Finds and corrects moments later than now, which a clock that was once ahead left in the store.

What has happened can't have happened later than now: such a moment becomes now. Moments that are
meant to lie ahead (an embargo, a pause, a send time) stay, unless the row itself was written while
the clock was ahead.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Column, Delete, MetaData, Table, Update, delete, func, select, update
from sqlmodel import Session, col

from digest.catalog.tables import Comparison
from digest.deliver.tables import Batch
from digest.deliver.transactional.tables import TransactionalMessage
from digest.issues.tables import Issue
from schedules.tables import Run
from store.base import UtcDateTime

SKEW = timedelta(days=1)
"""How far ahead a moment may be: providers state their own, and zones are mistaken."""
MAX_WAIT = timedelta(days=7)
"""No batch waits for longer to be tried again."""
SMALL = ("comparison", "issue", "run", "schedule", "batch")
"""Tables in which such a moment silences something, and which are quick to look through."""
_AHEAD = {
    "batch": {"not_before"},
    "comparison": {"published_at"},
    "issue": {"send_at"},
    "knock": {"until"},
    "letter": {"not_before"},
    "pace": {"free_at", "minute_at", "hour_at"},
    "retention_mark": {"at"},
    "run": {"due_at", "send_at"},
    "schedule": {"paused_until"},
    "subscriber": {"paused_until"},
}
"""Columns whose moments may lie ahead, by table; of `pace` and marks those who read them beware."""


class LaterMoments(NamedTuple):
    """How many rows of a column are later than now, and the latest of them."""

    column: str
    rows: int
    latest: datetime


def find_later(
    session: Session, metadata: MetaData, now: datetime, tables: Iterable[str] | None = None
) -> list[LaterMoments]:
    """Return the columns that hold moments later than now, of these tables or of all."""
    found = []
    for table, column in _columns(metadata, tables):
        count, latest = session.execute(
            select(func.count(), func.max(column)).where(column > now + SKEW)
        ).one()
        if count:
            found.append(LaterMoments(f"{table.name}.{column.name}", count, latest))
    return found


def correct_later(session: Session, metadata: MetaData, now: datetime) -> None:
    """Make every such moment now, in the caller's transaction."""
    limit = now + SKEW
    # Their due time would be taken when it comes, and nothing drafted.
    early = select(col(Run.id)).where(col(Run.at) > limit, col(Run.due_at) > limit)
    _execute(session, update(Issue).where(col(Issue.run_id).in_(early)).values(run_id=None))
    _execute(session, delete(Run).where(col(Run.at) > limit, col(Run.due_at) > limit))
    # A page without a date counts as published when it was imported.
    _execute(
        session,
        update(Comparison)
        .where(
            col(Comparison.imported_at) > limit,
            col(Comparison.published_at) == col(Comparison.imported_at),
        )
        .values(published_at=now),
    )
    written = col(TransactionalMessage.created_at)
    _execute(session, update(TransactionalMessage).where(written > limit).values(not_before=now))
    _execute(
        session,
        update(Batch).where(col(Batch.not_before) > now + MAX_WAIT).values(not_before=now),
    )
    for table, column in _columns(metadata, None):
        _execute(session, update(table).where(column > limit).values({column.name: now}))


def _columns(
    metadata: MetaData, tables: Iterable[str] | None
) -> list[tuple[Table, Column[datetime]]]:
    """Return each column that says when something happened."""
    wanted = None if tables is None else set(tables)
    return [
        (table, column)
        for table in metadata.sorted_tables
        if wanted is None or table.name in wanted
        for column in table.columns
        if isinstance(column.type, UtcDateTime) and column.name not in _AHEAD.get(table.name, ())
    ]


def _execute(session: Session, statement: Update | Delete) -> None:
    session.execute(statement.execution_options(synchronize_session=False))
