"""Marks of how far consents and events reached, to delete where they came from after a time"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

from store.base import UtcDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    marks = op.create_table(
        "retention_mark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kept", AutoString(length=16), nullable=False),
        sa.Column("last_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_mark")),
    )
    op.create_index("ix_retention_mark_kept_at", "retention_mark", ["kept", "at"])
    op.create_table(
        "retention_progress",
        sa.Column("kept", AutoString(length=16), nullable=False),
        sa.Column("last_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kept", name=op.f("pk_retention_progress")),
    )
    for kept in ("consent", "event"):
        rows = [
            {"kept": kept, "last_id": last, "at": datetime.combine(day, time(), UTC)}
            for day, last in _marks(_days(kept))
        ]
        if rows:
            op.bulk_insert(marks, rows)


def _days(kept: str) -> list[tuple[date, int, int]]:
    """Return each day of a table's rows, the newest first, with their lowest and highest id."""
    table = sa.table(kept, sa.column("id", sa.Integer), sa.column("at", UtcDateTime))
    day = sa.func.date(table.c.at)
    found = op.get_bind().execute(
        sa.select(day, sa.func.min(table.c.id), sa.func.max(table.c.id))
        .group_by(day)
        .order_by(day.desc())
    )
    return [(date.fromisoformat(str(one)), first, last) for one, first, last in found]


def _marks(days: Sequence[tuple[date, int, int]]) -> Iterator[tuple[date, int]]:
    """Yield at which midnight which rows were there, of what was stored before this version.

    A row counts as old only if none before it is younger: an import brings old dates along.
    """
    if not days:
        return
    end = max(last for _, _, last in days)
    for day, first, _ in days:
        if end > 0:
            yield day + timedelta(days=1), end
        end = min(end, first - 1)
