"""Copies a store into another database, SQLite into PostgreSQL or back; the copy is held."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import text

from digest.backups.contents import Contents, count_contents
from digest.backups.record import NOT_COPIED
from digest.backups.restore import LOCK_SECONDS
from digest.backups.snapshot import driver_of, filled, make_schema, reading, written
from digest.database import ensure_current
from digest.deliver.instance import COPIED
from digest.pipeline.hold import hold
from store.copying.copy import copy_tables, ensure_equal
from store.copying.postgresql import PostgresqlTables
from store.copying.rows import CopyError, Progress, Tables
from store.copying.sqlite import SqliteTables
from store.engine import Store, open_store

OWN = frozenset({"heartbeat", "instance", "known_secret"})
"""Tables that a process writes as soon as it opens a new database; a copy replaces them."""


def copy_store(
    store: Store, to: str, now: datetime, progress: Progress = lambda _table, _rows: None
) -> Contents:
    """Copy all rows and sequences of `store` into the database `to`, an URL; return what came.

    The target must be empty. It has all of it or nothing, equal cell by cell, and is held like a
    restored one. Raises StoreError.
    """
    file = _sqlite_file(to)
    if file is not None:
        _into_file(store, file, progress)
    target = open_store(to)
    try:
        if file is None:
            _into_postgresql(store, target, now, progress)
        else:
            with target.write() as session:
                hold(session, COPIED, now)
        with target.read() as session:
            connection = session.connection()
            return count_contents(lambda statement: connection.execute(text(statement)).all())
    finally:
        target.close()


def _sqlite_file(to: str) -> Path | None:
    """Return the file that `to` names if it is a SQLite URL; refuse one that holds something."""
    if not to.startswith("sqlite:"):
        return None
    file = Path(to.removeprefix("sqlite:///"))
    if file.exists() and (not file.is_file() or file.stat().st_size):
        msg = f"{file} exists already; name a new file"
        raise CopyError(msg)
    if not file.parent.is_dir():
        msg = f"there is no folder {file.parent}"
        raise CopyError(msg)
    return file


def _into_file(store: Store, file: Path, progress: Progress) -> None:
    with written(file) as aside:
        make_schema(aside)
        with _tables_of(store) as source, filled(aside) as target:
            ensure_equal(copy_tables(source, target, progress), target)


def _into_postgresql(store: Store, target: Store, now: datetime, progress: Progress) -> None:
    ensure_current(target)
    with _tables_of(store) as source, target.write() as session:
        session.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
        tables = PostgresqlTables(driver_of(session.connection()), NOT_COPIED)
        _refuse_rows(target, tables)
        tables.empty()
        ensure_equal(copy_tables(source, tables, progress), tables)
        hold(session, COPIED, now)


def _refuse_rows(target: Store, tables: PostgresqlTables) -> None:
    for table in tables.columns().keys() - OWN:
        rows = tables.count(table)
        if rows:
            msg = f"the database {target.name} holds something ({table}: {rows}); name an empty one"
            raise CopyError(msg)


@contextmanager
def _tables_of(store: Store) -> Iterator[Tables]:
    """Open the tables of a store as they are at one moment."""
    if store.path is None:
        with reading(store) as connection:
            yield PostgresqlTables(driver_of(connection), NOT_COPIED)
        return
    with closing(sqlite3.connect(store.path, isolation_level=None)) as file:
        file.execute("BEGIN")
        yield SqliteTables(file, NOT_COPIED)
