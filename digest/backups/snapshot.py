"""Writes all rows of a store, as they were at one moment, into a SQLite file.

SQLite copies its own pages. From PostgreSQL the rows come by COPY in one REPEATABLE READ
transaction, into a file that the same migrations made, and both are compared in the end.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from digest.backups.record import NOT_COPIED, Record, program_version, write_record
from digest.database import applied_revision, migrate
from store.copying.copy import copy_tables, ensure_equal
from store.copying.postgresql import PostgresqlTables
from store.copying.rows import CopyError, Progress
from store.copying.sqlite import SqliteTables
from store.engine import Store, open_store
from store.files import written_aside
from store.times import utc

if TYPE_CHECKING:
    import psycopg


def write_snapshot(
    store: Store, path: Path, now: datetime, progress: Progress = lambda _table, _rows: None
) -> None:
    """Fill `path`, an empty file, with all that is in the store, and say in it when and of what.

    Raises StoreError, OSError and sqlite3.Error.
    """
    if store.path is not None:
        _copy_pages(store.path, path)
    else:
        _copy_rows(store, path, progress)
    moment = utc(now).isoformat(timespec="seconds").replace("+00:00", "Z")
    write_record(path, Record(moment, program_version(), store.name))


@contextmanager
def reading(store: Store) -> Iterator[Connection]:
    """Open a transaction that sees one moment of a PostgreSQL database, and writes nothing."""
    with store.engine.connect().execution_options(
        isolation_level="REPEATABLE READ", postgresql_readonly=True
    ) as connection:
        yield connection
        connection.rollback()


def driver_of(connection: Connection) -> "psycopg.Connection[Any]":
    """Return the driver's own connection, in the same transaction."""
    driver: psycopg.Connection[Any] | None = connection.connection.driver_connection
    assert driver is not None  # noqa: S101 - the connection is open
    return driver


@contextmanager
def filled(path: Path) -> Iterator[SqliteTables]:
    """Open a SQLite file that nobody else has open, to be filled in one transaction.

    It is synced by who gives it its name; should filling it fail, the file is of no use.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        for pragma in ("journal_mode=OFF", "synchronous=OFF"):
            file.execute(f"PRAGMA {pragma}")
        file.execute("BEGIN")
        yield SqliteTables(file, NOT_COPIED)
        file.execute("COMMIT")


def make_schema(path: Path, revision: str = "head") -> None:
    """Let the migrations make the tables of that revision in an empty file."""
    made = open_store(f"sqlite:///{path}")
    try:
        with made.engine.begin() as connection:
            migrate(connection, revision)
    finally:
        made.close()


@contextmanager
def written(target: Path) -> Iterator[Path]:
    """Yield a file beside `target` that takes its place when all of it is there.

    Raises CopyError where it can't be written: `target` is not there then.
    """
    try:
        with written_aside(target) as aside:
            yield aside
    except (sqlite3.Error, DBAPIError, OSError) as error:
        found = error.orig if isinstance(error, DBAPIError) else error
        if not isinstance(found, sqlite3.Error | OSError):
            raise
        why = found.strerror if isinstance(found, OSError) else None
        msg = f"{target} can't be written: {why or found}"
        raise CopyError(msg) from None


def _copy_pages(source: Path, path: Path) -> None:
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(path)) as copy:
        live.backup(copy)
        # So that it is one file, which opens on a disk that can't be written to.
        copy.execute("PRAGMA journal_mode=DELETE")


def _copy_rows(store: Store, path: Path, progress: Progress) -> None:
    with reading(store) as connection:
        revision = applied_revision(connection)
        make_schema(path, revision or "head")
        source = PostgresqlTables(driver_of(connection), NOT_COPIED)
        with filled(path) as target:
            ensure_equal(copy_tables(source, target, progress), target)
