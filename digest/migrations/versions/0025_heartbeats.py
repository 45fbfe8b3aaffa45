"""Heartbeats: which processes work on the database, and when each was seen last"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

import store.base

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

KINDS = ("web", "worker", "scheduler")


def upgrade() -> None:
    moment = store.base.UtcDateTime(timezone=True)
    op.create_table(
        "heartbeat",
        sa.Column("key", AutoString(length=32), nullable=False),
        sa.Column("kind", AutoString(length=16), nullable=False),
        sa.Column("host", AutoString(length=255), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("version", AutoString(length=50), nullable=False),
        sa.Column("started_at", moment, nullable=False),
        sa.Column("seen_at", moment, nullable=False),
        sa.CheckConstraint(
            " OR ".join(f"kind = '{one}'" for one in KINDS),
            name=op.f("ck_heartbeat_kind"),
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_heartbeat")),
    )
