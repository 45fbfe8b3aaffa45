"""Inserting what may be there already: the database decides, in one statement."""

from sqlalchemy import Insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from store import Table


def insert_new(session: Session, table: type[Table]) -> Insert:
    """An INSERT into `table` that leaves out rows whose unique columns are taken.

    On PostgreSQL it waits for a transaction that is inserting the same row, and spoils nothing.
    """
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()
