"""What an editor lets through the gate, and why"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

import store.base

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gate_override",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issue_number", sa.Integer(), nullable=False),
        sa.Column("content_hash", AutoString(length=64), nullable=False),
        sa.Column("code", AutoString(length=40), nullable=False),
        sa.Column("reason", AutoString(length=500), nullable=False),
        sa.Column("decided_by", AutoString(length=100), nullable=False),
        sa.Column("decided_at", store.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["issue_number"],
            ["issue.number"],
            name=op.f("fk_gate_override_issue_number_issue"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate_override")),
        sa.UniqueConstraint(
            "issue_number",
            "content_hash",
            "code",
            "decided_at",
            name=op.f("uq_gate_override_issue_number_content_hash_code_decided_at"),
        ),
    )
