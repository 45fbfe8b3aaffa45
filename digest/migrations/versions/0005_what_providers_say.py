"""What a failure says about an address, suppressions lifted by hand, and more kinds of events"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import text
from sqlmodel.sql.sqltypes import AutoString

import store.base

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NAME = "ck_event_kind"
BEFORE = (
    "kind IN ('delivered', 'bounced', 'deferred', 'complained', 'opened', 'clicked', 'voted', "
    "'unsubscribed', 'unknown')"
)
KINDS = (
    "processed",
    "dropped",
    "delivered",
    "bounced",
    "deferred",
    "complained",
    "opened",
    "clicked",
    "voted",
    "unsubscribed",
    "resubscribed",
    "unknown",
)
AFTER = " OR ".join(f"kind = {kind!r}" for kind in KINDS)


def upgrade() -> None:
    op.add_column("delivery", sa.Column("fault", AutoString(length=8), nullable=True))
    op.create_index(
        "ix_delivery_faulty",
        "delivery",
        ["subscriber_id"],
        sqlite_where=text("fault IS NOT NULL"),
        postgresql_where=text("fault IS NOT NULL"),
    )
    op.create_table(
        "lift",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address_hash", AutoString(length=64), nullable=False),
        sa.Column("reason", AutoString(length=16), nullable=False),
        sa.Column("note", AutoString(length=500), nullable=False),
        sa.Column("suppressed_at", store.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("who", AutoString(length=500), nullable=False),
        sa.Column("why", AutoString(length=500), nullable=False),
        sa.Column("at", store.base.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lift")),
    )
    op.create_index("ix_lift_address_hash", "lift", ["address_hash"])
    if op.get_bind().dialect.name == "sqlite":
        _rewrite()
    else:
        op.drop_constraint(op.f(NAME), "event", type_="check")
        op.create_check_constraint(op.f(NAME), "event", AFTER)


def _rewrite() -> None:
    """As in 0003: what is stored fits the wider check, so only the table's text is changed."""
    database = op.get_bind()
    version = database.execute(text("PRAGMA schema_version")).scalar_one()
    database.execute(text("PRAGMA writable_schema = ON"))
    database.execute(
        text(
            "UPDATE sqlite_master SET sql = replace(sql, :before, :after) "
            "WHERE type = 'table' AND name = 'event'"
        ),
        {"before": BEFORE, "after": AFTER},
    )
    database.execute(text(f"PRAGMA schema_version = {int(version) + 1}"))
    database.execute(text("PRAGMA writable_schema = OFF"))
