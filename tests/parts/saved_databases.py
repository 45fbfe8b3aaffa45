"""Saves a database and puts it back: with the commands' code for SQLite, by a copy in PostgreSQL.

The wheel's pg_dump is of another version than its server; a copy of the whole database is what
pg_dump and pg_restore come to: rows, and the numbers that the next ones get.
"""

from pathlib import Path

from sqlalchemy import create_engine, text

from digest.backups.create import create_backup
from digest.backups.restore import restore_backup
from store.engine import Store
from tests.parts.world import NOW


def save(store: Store, path: Path) -> None:
    """Writes a backup of the store to `path`, in place of one that is there."""
    path.unlink(missing_ok=True)
    if store.path is not None:
        create_backup(store, path, NOW)
    else:
        _copy(store, _name(store), f"{_name(store)}_saved")


def put_back(store: Store, path: Path) -> None:
    """Replaces the store by the backup."""
    if store.path is not None:
        restore_backup(store, path, NOW)
    else:
        _copy(store, f"{_name(store)}_saved", _name(store))


def _name(store: Store) -> str:
    return str(store.engine.url.database)


def _copy(store: Store, source: str, target: str) -> None:
    store.engine.dispose()
    administration = create_engine(
        store.engine.url.set(database="postgres"), isolation_level="AUTOCOMMIT"
    )
    with administration.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {target} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {target} TEMPLATE {source} STRATEGY FILE_COPY"))
    administration.dispose()
