"""Transactional mail (letter), sign-up limits (knock), and the form that a consent was given on"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

import store.base

revision = "0008"
down_revision = "0006"
branch_labels = None
depends_on = None

_KINDS = ("confirmation", "welcome", "already", "change", "changed")
_STATES = ("queued", "submitting", "submitted", "failed", "suppressed")


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return " OR ".join(f"{column} = '{value}'" for value in values)


def upgrade() -> None:
    moment = store.base.UtcDateTime(timezone=True)
    op.add_column(
        "consent", sa.Column("form", sa.String(length=40), nullable=False, server_default="")
    )
    # Attempts to sign up, counted by a hash of who asked until a moment: what rate limits read.
    op.create_table(
        "knock",
        sa.Column("key", AutoString(length=64), nullable=False),
        sa.Column("until", moment, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_knock")),
    )
    op.create_index("ix_knock_until", "knock", ["until"])
    # A mail to one person (confirmation, welcome, notice), sent by the worker like a delivery.
    op.create_table(
        "letter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", AutoString(length=100), nullable=False),
        sa.Column("kind", AutoString(length=16), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("context", sa.JSON(), nullable=False),
        sa.Column("state", AutoString(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", moment, nullable=False),
        sa.Column("claimed_by", sa.BigInteger(), nullable=True),
        sa.Column("provider_id", AutoString(length=200), nullable=True),
        sa.Column("code", AutoString(length=20), nullable=True),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.CheckConstraint(_one_of("kind", _KINDS), name=op.f("ck_letter_kind")),
        sa.CheckConstraint(_one_of("state", _STATES), name=op.f("ck_letter_state")),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name=op.f("fk_letter_subscriber_id_subscriber"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
        sa.UniqueConstraint("key", name=op.f("uq_letter_key")),
        sqlite_autoincrement=True,
    )
    # The worker looks for what is still to be sent, by its time.
    still_open = sa.text(_one_of("state", _STATES[:2]))
    op.create_index(
        "ix_letter_open",
        "letter",
        ["not_before"],
        sqlite_where=still_open,
        postgresql_where=still_open,
    )
    op.create_index("ix_letter_subscriber_id", "letter", ["subscriber_id"])
