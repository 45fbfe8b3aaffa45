"""Editors who are told of drafts, runs and sends, and the ledger of what they were told"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

import store.base

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

STATES = ("queued", "submitting", "submitted", "failed")


def upgrade() -> None:
    moment = store.base.UtcDateTime(timezone=True)
    op.create_table(
        "editor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.BigInteger(), nullable=False),
        sa.Column("email", AutoString(length=320), nullable=False),
        sa.Column("key", AutoString(length=320), nullable=False),
        sa.Column("about", store.base.Json(), nullable=False),
        sa.Column("since", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_editor")),
        sa.UniqueConstraint("key", name=op.f("uq_editor_key")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_editor_public_id", "editor", ["public_id"], unique=True)
    op.create_table(
        "editor_notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.BigInteger(), nullable=False),
        sa.Column("key", AutoString(length=200), nullable=False),
        sa.Column("kind", AutoString(length=16), nullable=False),
        sa.Column("editor_id", sa.Integer(), nullable=True),
        sa.Column("content", store.base.Json(), nullable=False),
        sa.Column("state", AutoString(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", moment, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.CheckConstraint(
            " OR ".join(f"state = '{one}'" for one in STATES),
            name=op.f("ck_editor_notice_state"),
        ),
        sa.ForeignKeyConstraint(
            ["editor_id"],
            ["editor.id"],
            name=op.f("fk_editor_notice_editor_id_editor"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_editor_notice")),
        sa.UniqueConstraint("key", name=op.f("uq_editor_notice_key")),
    )
    open_ones = sa.text("state = 'queued'")
    op.create_index(
        "ix_editor_notice_open",
        "editor_notice",
        ["not_before"],
        sqlite_where=open_ones,
        postgresql_where=open_ones,
    )
