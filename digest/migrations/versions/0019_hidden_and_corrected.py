"""Comparisons that an editor hid, and what they corrected on a page"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

import store.base

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = store.base.UtcDateTime(timezone=True)
    op.add_column("comparison", sa.Column("hidden_at", moment, nullable=True))
    op.add_column(
        "comparison",
        sa.Column("hidden_by", AutoString(length=100), nullable=False, server_default=""),
    )
    op.create_table(
        "correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("comparison_id", sa.Integer(), nullable=False),
        sa.Column("field", AutoString(length=60), nullable=False),
        sa.Column("page_was", store.base.Json(), nullable=True),
        sa.Column("page_now", store.base.Json(), nullable=True),
        sa.Column("value", store.base.Json(), nullable=True),
        sa.Column("who", AutoString(length=100), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["comparison_id"],
            ["comparison.id"],
            name=op.f("fk_correction_comparison_id_comparison"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
        sa.UniqueConstraint(
            "comparison_id", "field", name=op.f("uq_correction_comparison_id_field")
        ),
    )
