"""Revisions of issues: who changed what, and which one was approved"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

import store.base

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

KINDS = ("base", "edit", "undo", "redo", "aside", "approval")


def upgrade() -> None:
    moment = store.base.UtcDateTime(timezone=True)
    op.add_column("issue", sa.Column("revision", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("issue", sa.Column("approved_revision", sa.Integer(), nullable=True))
    op.create_table(
        "revision",
        sa.Column("issue_number", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", AutoString(length=16), nullable=False),
        sa.Column("of", sa.Integer(), nullable=True),
        sa.Column("who", AutoString(length=100), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("field", AutoString(length=420), nullable=False),
        sa.Column("before", store.base.Json(), nullable=True),
        sa.Column("after", store.base.Json(), nullable=True),
        sa.Column("because", sa.Text(), nullable=False, server_default=""),
        sa.CheckConstraint(
            " OR ".join(f"kind = '{one}'" for one in KINDS),
            name=op.f("ck_revision_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["issue_number"], ["issue.number"], name=op.f("fk_revision_issue_number_issue")
        ),
        sa.PrimaryKeyConstraint("issue_number", "n", name=op.f("pk_revision")),
    )
    op.create_index("ix_revision_field", "revision", ["field"])
