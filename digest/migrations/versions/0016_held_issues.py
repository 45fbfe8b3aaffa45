"""Issues held for what a provider answers, the stage of each reply, limits a minute and an hour"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

import store.base

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = store.base.UtcDateTime(timezone=True)
    op.add_column("issue", sa.Column("held_because", AutoString(length=1_000), nullable=True))
    op.add_column("issue", sa.Column("held_at", moment, nullable=True))
    op.add_column(
        "issue",
        sa.Column("accepts_refusals", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column("attempt", sa.Column("stage", AutoString(length=8), nullable=True))
    for window in ("minute", "hour"):
        op.add_column("pace", sa.Column(f"{window}_at", moment, nullable=True))
        op.add_column(
            "pace",
            sa.Column(f"{window}_used", sa.Integer(), nullable=False, server_default=sa.text("0")),
        )
