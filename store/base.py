"""Defines the base class of all tables, names of constraints, and shared column types."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Index, text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel
from sqlmodel._compat import SQLModelConfig

from store.times import utc

# Set before the first table exists: a constraint named later keeps the database's own name.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Json = JSON


class Table(SQLModel):
    """Base of every table. SQLModel does not validate tables: rooms validate at their edge."""

    # So a validator is not built for each table with its import; `model_dump` builds what it needs.
    model_config = SQLModelConfig(defer_build=True)


PARTIAL = "where"
"""Under this key an index's `info` holds its condition."""


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """Return an index over the rows that meet `where`, for a table's `__table_args__`.

    SQLAlchemy imports a dialect as soon as an option names it, and PostgreSQL's takes as long as
    many a command does: `complete_partial_indexes` adds its option where the schema is made.
    """
    return Index(name, *columns, unique=unique, sqlite_where=text(where), info={PARTIAL: where})


def complete_partial_indexes() -> None:
    """Give PostgreSQL its condition of every partial index that was defined so far."""
    for table in SQLModel.metadata.tables.values():
        for index in table.indexes:
            if PARTIAL in index.info:
                index.dialect_options["postgresql"]["where"] = text(index.info[PARTIAL])


class UtcDateTime(TypeDecorator[datetime]):
    """Stores aware datetimes in UTC. Refuses naive ones; SQLite's naive results become aware."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        value = utc(value)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the signature is SQLAlchemy's
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
