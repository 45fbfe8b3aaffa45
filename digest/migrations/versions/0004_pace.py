"""How far the limits on sending are used up, for all workers of the database"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

import store.base

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pace",
        sa.Column("provider", AutoString(length=20), nullable=False),
        sa.Column("lane", AutoString(length=255), nullable=False),
        sa.Column("free_at", store.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.CheckConstraint("used >= 0", name=op.f("ck_pace_used")),
        sa.PrimaryKeyConstraint("provider", "lane", name=op.f("pk_pace")),
    )
