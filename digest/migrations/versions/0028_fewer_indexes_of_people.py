"""People are found by address and public id: no index on the hash, and on old numbers but a partial"""

from alembic import op
from sqlalchemy import text

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

STATUSES = ("pending", "active", "unsubscribed", "bounced", "complained")
LISTED = f"status IN ({', '.join(repr(status) for status in STATUSES)})"
ONE_BY_ONE = " OR ".join(f"status = {status!r}" for status in STATUSES)
UNIQUE = "CONSTRAINT uq_subscriber_address_hash UNIQUE (address_hash), \n\t"
_AUTOMATIC = "sqlite_autoindex_subscriber_"


def upgrade() -> None:
    """The hash follows from the address, which is unique; imports spent most on its index."""
    op.drop_index("ix_subscriber_legacy_number", "subscriber")
    op.create_index(
        "ix_subscriber_legacy_number",
        "subscriber",
        ["legacy_number"],
        unique=True,
        sqlite_where=text("legacy_number IS NOT NULL"),
        postgresql_where=text("legacy_number IS NOT NULL"),
    )
    if op.get_bind().dialect.name == "sqlite":
        _rewrite()
    else:
        op.drop_constraint(op.f("uq_subscriber_address_hash"), "subscriber")


def _rewrite() -> None:
    """Copying the table would need foreign keys off, which no transaction can do.

    Its text is rewritten in its place, as in 0003 (https://www.sqlite.org/lang_altertable.html,
    section 7): the index of the constraint becomes one that can be dropped, and the other index
    takes the number that the text now gives it. The status is checked without a list, which SQLite
    makes anew for each row.
    """
    run = op.get_bind().execute
    run(text("PRAGMA writable_schema = ON"))
    run(
        text(
            "UPDATE sqlite_master SET sql = replace(replace(sql, :unique, ''), :listed, :one_by_one) "
            "WHERE type = 'table' AND name = 'subscriber'"
        ),
        {"unique": UNIQUE, "listed": LISTED, "one_by_one": ONE_BY_ONE},
    )
    run(
        text("UPDATE sqlite_master SET name = :name, sql = :sql WHERE name = :before"),
        {
            "name": "ix_subscriber_address_hash",
            "sql": "CREATE UNIQUE INDEX ix_subscriber_address_hash ON subscriber (address_hash)",
            "before": f"{_AUTOMATIC}1",
        },
    )
    run(
        text("UPDATE sqlite_master SET name = :name WHERE name = :before"),
        {"name": f"{_AUTOMATIC}1", "before": f"{_AUTOMATIC}2"},
    )
    run(text("PRAGMA writable_schema = RESET"))
    op.drop_index("ix_subscriber_address_hash", "subscriber")
