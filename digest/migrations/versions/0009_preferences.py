"""What readers choose: how often, about what, when not, at which address; and why they left"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

import store.base

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_FREQUENCIES = ("every", "weekly", "monthly")
_REASONS = ("too_often", "not_for_me", "never_asked", "other")


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return " OR ".join(f"{column} = '{value}'" for value in values)


def _person(table: str) -> tuple[sa.Column[int], sa.ForeignKeyConstraint]:
    return (
        sa.Column("subscriber_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name=op.f(f"fk_{table}_subscriber_id_subscriber"),
            ondelete="CASCADE",
        ),
    )


def upgrade() -> None:
    moment = store.base.UtcDateTime(timezone=True)
    _choices(moment)
    op.create_table(
        "following",
        *_person("following"),
        sa.Column("topic", AutoString(length=16), nullable=False),
        sa.Column("name", AutoString(length=200), nullable=False),
        sa.CheckConstraint(_one_of("topic", ("category", "tool")), name=op.f("ck_following_topic")),
        sa.PrimaryKeyConstraint("subscriber_id", "topic", "name", name=op.f("pk_following")),
    )
    op.create_index("ix_following_topic_name", "following", ["topic", "name"])
    op.create_table(
        "address_change",
        *_person("address_change"),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("at", moment, nullable=False),
        sa.PrimaryKeyConstraint("subscriber_id", name=op.f("pk_address_change")),
    )
    op.create_table(
        "leaving",
        *_person("leaving"),
        sa.Column("reason", AutoString(length=16), nullable=False),
        sa.Column("words", AutoString(length=500), nullable=False),
        sa.Column("issue_number", sa.Integer(), nullable=True),
        sa.Column("at", moment, nullable=False),
        sa.CheckConstraint(_one_of("reason", _REASONS), name=op.f("ck_leaving_reason")),
        sa.PrimaryKeyConstraint("subscriber_id", name=op.f("pk_leaving")),
    )


def _choices(moment: store.base.UtcDateTime) -> None:
    """Columns alone, each with a default: on SQLite no table is copied for them.

    A CHECK can't join a table there, so a column brings its own.
    """
    for table, default in (("subscriber", "every"), ("schedule", "weekly")):
        check = sa.CheckConstraint(
            _one_of("frequency", _FREQUENCIES), name=op.f(f"ck_{table}_frequency")
        )
        op.add_column(
            table,
            sa.Column(
                "frequency", sa.String(length=16), check, nullable=False, server_default=default
            ),
        )
    op.add_column(
        "subscriber",
        sa.Column("zone", sa.String(length=60), nullable=False, server_default="UTC"),
    )
    op.add_column("subscriber", sa.Column("paused_until", moment, nullable=True))
