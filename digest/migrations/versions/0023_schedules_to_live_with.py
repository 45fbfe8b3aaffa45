"""Schedules: a send time of their own, skipped dates, pauses that end, removal, bounds of picks"""

import sqlalchemy as sa
from alembic import op

import store.base

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_MOMENT = store.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    """Columns alone, each with a default: on SQLite no table is copied for them."""
    check = sa.CheckConstraint(
        "if_unapproved IN ('hold', 'send', 'skip')", name=op.f("ck_schedule_if_unapproved")
    )
    for column in (
        sa.Column("send_cron", sa.String(length=100), nullable=True),
        sa.Column("if_unapproved", sa.String(16), check, nullable=False, server_default="hold"),
        sa.Column("min_picks", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("max_picks", sa.Integer(), nullable=True),
        sa.Column("skipped_dates", store.base.Json(), nullable=False, server_default="[]"),
        sa.Column("paused_until", _MOMENT, nullable=True),
        sa.Column("removed_at", _MOMENT, nullable=True),
    ):
        op.add_column("schedule", column)
    for column in (
        sa.Column("intended", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("send_at", _MOMENT, nullable=True),
        sa.Column("if_unapproved", sa.String(16), nullable=True),
        sa.Column("send_state", sa.String(16), nullable=True),
        sa.Column("send_note", sa.String(500), nullable=False, server_default=""),
        sa.Column("send_changed_at", _MOMENT, nullable=True),
    ):
        op.add_column("run", column)
