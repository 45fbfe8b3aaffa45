"""Gives one transaction on SQLite more page cache than others have."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

PAGE_CACHE_KB = 16_000
"""What some thousand rows with keys anywhere in an index change; SQLite's own default is 2,000."""


@contextmanager
def larger_page_cache(session: Session) -> Iterator[None]:
    """Hold up to PAGE_CACHE_KB of pages within the block; does nothing on PostgreSQL.

    Pages that find no room are written to the log before the commit, and again once they are
    changed anew. The limit of before holds from the end of the block; what was changed in it is
    held until the commit.
    """
    if session.get_bind().dialect.name != "sqlite":
        yield
        return
    execute = session.connection().exec_driver_sql
    before = int(execute("PRAGMA cache_size").scalar_one())
    execute(f"PRAGMA cache_size=-{PAGE_CACHE_KB}")
    try:
        yield
    finally:
        # A transaction that failed may have taken its connection with it.
        with suppress(SQLAlchemyError):
            execute(f"PRAGMA cache_size={before}")
