"""Puts a backup in the place of a store, held, so that nobody is mailed twice."""

import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from digest.backups.prepared import prepared
from digest.backups.record import NOT_COPIED
from digest.backups.snapshot import driver_of
from digest.database import ensure_not_ahead, upgrade
from digest.deliver.instance import RESTORED
from digest.pipeline.hold import hold
from store.copying.copy import copy_tables, ensure_equal
from store.copying.postgresql import PostgresqlTables
from store.copying.rows import Progress
from store.copying.sqlite import SqliteTables
from store.engine import Store, StoreError, open_store

LOCK_SECONDS = 30


def restore_backup(
    store: Store,
    source: Path,
    now: datetime,
    check: Callable[[Sequence[str]], None] = lambda _known: None,
    *,
    identities: Sequence[Any] = (),
    progress: Progress = lambda _table, _rows: None,
) -> None:
    """Replace what is in the store by the backup `source`, once that is known to fit.

    What comes in its place is of this version, and held: nothing is sent from it until it is
    released. `check` is given the fingerprints of the secrets that its links were made with, and
    may refuse them. Raises StoreError, and then nothing was changed.
    """
    with prepared(source, work_folder(store), identities) as found:
        check(found.fingerprints)
        if store.path is not None:
            _replace_file(store, store.path, found.path, now)
        else:
            _replace_rows(store, found.path, now, progress)


def work_folder(store: Store) -> Path:
    """Return where copies are made: beside a SQLite file, which is as private and as roomy."""
    return store.path.parent if store.path is not None else Path(tempfile.gettempdir())


def _replace_file(store: Store, target: Path, copy: Path, now: datetime) -> None:
    opened = open_store(f"sqlite:///{copy}")
    try:
        with opened.write() as session:
            hold(session, RESTORED, now)
    finally:
        opened.close()
    try:
        with closing(sqlite3.connect(copy)) as saved, closing(sqlite3.connect(target)) as live:
            saved.backup(live)
    except sqlite3.Error as error:
        msg = f"{target} can't be written: {error}"
        raise StoreError(msg) from None
    with store.write() as session:
        # Again, in its own place: the file beside it follows.
        hold(session, RESTORED, now)


def _replace_rows(store: Store, copy: Path, now: datetime, progress: Progress) -> None:
    ensure_not_ahead(store)
    upgrade(store)
    try:
        with store.write() as session, closing(sqlite3.connect(copy)) as saved:
            session.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
            target = PostgresqlTables(driver_of(session.connection()), NOT_COPIED)
            target.empty()
            session.execute(text("TRUNCATE procrastinate_jobs CASCADE"))
            ensure_equal(copy_tables(SqliteTables(saved, NOT_COPIED), target, progress), target)
            hold(session, RESTORED, now)
    except OperationalError as error:
        if "lock" not in str(error.orig):
            raise
        raise StoreError(_in_use(store)) from None


def _in_use(store: Store) -> str:
    return (
        f"the database {store.name} is in use: its tables were not free for {LOCK_SECONDS} s; "
        "stop the processes that work on it, and try again"
    )
