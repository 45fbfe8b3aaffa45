"""Random public ids for people, issues and letters, revoked links, sign-up requests, known secrets"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import text
from sqlmodel.sql.sqltypes import AutoString

import store.base

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_KINDS = ("confirmation", "welcome", "already", "change", "changed", "links", "data")
_STATES = ("queued", "submitting", "submitted", "failed", "suppressed")
_DRAW = {
    # The last 14 digits of a version 4 UUID are random (RFC 9562).
    "postgresql": (
        "('x' || right(replace(gen_random_uuid()::text, '-', ''), 14))::bit(56)::bigint",
        "16777216 + ('x' || right(gen_random_uuid()::text, 7))::bit(28)::int",
    ),
    "sqlite": ("random() & 72057594037927935", "16777216 + (random() & 268435455)"),
}


def upgrade() -> None:
    moment = store.base.UtcDateTime(timezone=True)
    public, short = _DRAW[op.get_bind().dialect.name]
    _ids("subscriber", sa.BigInteger(), public, old="id")
    op.add_column(
        "subscriber", sa.Column("link_epoch", sa.Integer(), nullable=False, server_default="0")
    )
    _ids("issue", sa.Integer(), short, old="number")
    _letters(moment)
    _new_tables(moment)


def _ids(table: str, kind: sa.types.TypeEngine[int], draw: str, old: str) -> None:
    """Give every row a random id, and keep the number that links sent before call it by.

    On SQLite no table is copied for it: a copy would take what refers to it along.
    """
    op.add_column(table, sa.Column("public_id", kind, nullable=False, server_default="0"))
    op.add_column(table, sa.Column("legacy_number", sa.Integer(), nullable=True))
    op.execute(text(f"UPDATE {table} SET public_id = {draw}, legacy_number = {old}"))  # noqa: S608 - words of ours
    op.create_index(f"ix_{table}_public_id", table, ["public_id"], unique=True)
    op.create_index(f"ix_{table}_legacy_number", table, ["legacy_number"], unique=True)


def _letters(moment: store.base.UtcDateTime) -> None:
    """A letter that is there keeps its id, which its bounce names, as its public id."""
    if op.get_bind().dialect.name == "sqlite":
        _copy_letters(moment)
        return
    op.add_column(
        "letter", sa.Column("public_id", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.execute(text("UPDATE letter SET public_id = id"))
    op.create_index("ix_letter_public_id", "letter", ["public_id"], unique=True)
    op.drop_constraint(op.f("ck_letter_kind"), "letter")
    op.create_check_constraint(op.f("ck_letter_kind"), "letter", _one_of("kind", _KINDS))


def _copy_letters(moment: store.base.UtcDateTime) -> None:
    """SQLite can't alter a CHECK; nothing refers to a letter, so the table may be copied."""
    op.rename_table("letter", "letter_before")
    op.drop_index("ix_letter_open", "letter_before")
    op.drop_index("ix_letter_subscriber_id", "letter_before")
    op.create_table(
        "letter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.BigInteger(), nullable=False, server_default="0"),
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
    names = (
        "id, key, kind, subscriber_id, email, context, state, attempts, not_before, claimed_by, "
        "provider_id, code, created_at, changed_at"
    )
    op.execute(
        text(f"INSERT INTO letter ({names}, public_id) SELECT {names}, id FROM letter_before")  # noqa: S608 - words of ours
    )
    op.drop_table("letter_before")
    op.create_index(
        "ix_letter_open", "letter", ["not_before"], sqlite_where=text(_one_of("state", _STATES[:2]))
    )
    op.create_index("ix_letter_subscriber_id", "letter", ["subscriber_id"])
    op.create_index("ix_letter_public_id", "letter", ["public_id"], unique=True)


def _new_tables(moment: store.base.UtcDateTime) -> None:
    """Create the tables that links of the past, their revocation and sign-ups are looked up in."""
    # Ids by which links of an earlier life of a person (an export, a merge) still name them.
    op.create_table(
        "former_public_id",
        sa.Column("public_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("legacy_number", sa.Integer(), nullable=True),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        _of_subscriber("former_public_id"),
        sa.PrimaryKeyConstraint("public_id", name=op.f("pk_former_public_id")),
    )
    op.create_index("ix_former_public_id_legacy_number", "former_public_id", ["legacy_number"])
    # Who made a person's links void, when and why; without a person, those of everybody.
    op.create_table(
        "link_revocation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=True),
        sa.Column("who", AutoString(length=100), nullable=False),
        sa.Column("because", AutoString(length=500), nullable=False),
        sa.Column("at", moment, nullable=False),
        _of_subscriber("link_revocation"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_revocation")),
    )
    # The name that each sign-up asked for, taken over by the confirmation that belongs to it.
    op.create_table(
        "signup_request",
        sa.Column("subscriber_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("first_name", AutoString(length=100), nullable=False),
        sa.Column("at", moment, nullable=False),
        _of_subscriber("signup_request"),
        sa.PrimaryKeyConstraint("subscriber_id", "number", name=op.f("pk_signup_request")),
    )
    # Secrets that links were made with, by fingerprint, and the address hashes' key wrapped by each.
    op.create_table(
        "known_secret",
        sa.Column("fingerprint", AutoString(length=16), nullable=False),
        sa.Column("wrapped_hash_key", AutoString(length=80), nullable=False),
        sa.Column("first_seen", moment, nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_known_secret")),
    )


def _of_subscriber(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["subscriber_id"],
        ["subscriber.id"],
        name=op.f(f"fk_{table}_subscriber_id_subscriber"),
        ondelete="CASCADE",
    )


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return " OR ".join(f"{column} = '{value}'" for value in values)
