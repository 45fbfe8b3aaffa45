"""INSERT statements with the ON CONFLICT clause of the database in use."""

from typing import TYPE_CHECKING

from sqlmodel import Session

from store.base import Table

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

    DialectInsert = postgresql.Insert | sqlite.Insert


def insert_into(session: Session, table: type[Table]) -> "DialectInsert":
    """Return an INSERT into `table` that takes ON CONFLICT clauses.

    Only the dialect in use is imported: PostgreSQL's alone takes as long as many a command.
    """
    if session.get_bind().dialect.name == "sqlite":
        from sqlalchemy.dialects import sqlite  # noqa: PLC0415 - see the docstring

        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - see the docstring

    return postgresql.insert(table)


def insert_new(session: Session, table: type[Table]) -> "DialectInsert":
    """Return an INSERT into `table` that skips rows with unique values already taken.

    On PostgreSQL it waits for a transaction that is inserting the same row, and does not abort
    its own transaction.
    """
    return insert_into(session, table).on_conflict_do_nothing()
