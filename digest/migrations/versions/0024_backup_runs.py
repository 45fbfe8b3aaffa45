"""Backups made on schedule: which worker made them, and what came of each"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

import store.base

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

STATES = ("running", "done", "failed", "removed")


def upgrade() -> None:
    moment = store.base.UtcDateTime(timezone=True)
    op.create_table(
        "backup_run",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("worker_id", sa.BigInteger(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("instance", AutoString(length=32), nullable=False),
        sa.Column("state", AutoString(length=16), nullable=False),
        sa.Column("begun_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("file", AutoString(length=255), nullable=False),
        sa.Column("note", AutoString(length=500), nullable=False),
        sa.CheckConstraint(
            " OR ".join(f"state = '{one}'" for one in STATES), name=op.f("ck_backup_run_state")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_backup_run")),
    )
