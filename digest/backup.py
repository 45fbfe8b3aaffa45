"""Backs up a SQLite database while it is in use, and restores it so that nobody is mailed twice."""

import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

from digest.database import revisions, upgrade
from digest.deliver.instance import RESTORED
from digest.pipeline.hold import hold
from store.engine import Store, StoreError, open_store
from store.files import written_aside


def backup(store: Store, target: Path) -> None:
    """Copy a SQLite database to `target` while it is in use. Raises StoreError.

    The copy is its owner's alone, and `target` is whole or not there.
    """
    source = _sqlite_path(store, "pg_dump")
    if target.exists():
        msg = f"{target} exists already; name a new file"
        raise StoreError(msg)
    try:
        with (
            written_aside(target) as aside,
            closing(sqlite3.connect(source)) as live,
            closing(sqlite3.connect(aside)) as copy,
        ):
            live.backup(copy)
    except sqlite3.Error as error:
        msg = f"{target} can't be written: {error}"
        raise StoreError(msg) from None
    except OSError as error:
        msg = f"{target} can't be written: {error.strerror}"
        raise StoreError(msg) from None


def restore(
    store: Store,
    source: Path,
    now: datetime,
    check: Callable[[Sequence[str]], None] = lambda _known: None,
) -> None:
    """Replace the SQLite database by the backup `source`, once that is known to fit.

    What comes in its place is of this version, and held: nothing is sent from it until it is
    released. `check` is given the fingerprints of the secrets that its links were made with, and
    may refuse them. Raises StoreError, and then nothing was changed.
    """
    target = _sqlite_path(store, "pg_restore")
    if not source.is_file():
        msg = f"no such file: {source}"
        raise StoreError(msg)
    _refuse_foreign(source)
    check(_fingerprints(source))
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=target.parent) as folder:
        prepared = Path(folder) / target.name
        _copy(source, prepared)
        _hold(prepared, now)
        _copy(prepared, target)
    with store.write() as session:
        # Again, in its own place: the file beside it follows.
        hold(session, RESTORED, now)


def _hold(prepared: Path, now: datetime) -> None:
    copy = open_store(f"sqlite:///{prepared}")
    try:
        upgrade(copy)
        with copy.write() as session:
            hold(session, RESTORED, now)
    finally:
        copy.close()


def _refuse_foreign(source: Path) -> None:
    """Raise StoreError unless `source` is a backup that this version can use."""
    not_ours = f"{source} is not a backup of this program"
    try:
        with closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as saved:
            found = saved.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.DatabaseError:
        raise StoreError(not_ours) from None
    if found is None or found[0] not in revisions():
        msg = f"{source} is from a newer version of this program; nothing was restored"
        raise StoreError(msg if found else not_ours)


def _fingerprints(source: Path) -> list[str]:
    """Return the fingerprints of the secrets that a backup's links were made with."""
    with closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as saved:
        found = saved.execute("SELECT 1 FROM sqlite_master WHERE name = 'known_secret'").fetchone()
        rows = saved.execute("SELECT fingerprint FROM known_secret").fetchall() if found else []
    return [str(row[0]) for row in rows]


def _copy(source: Path, target: Path) -> None:
    try:
        with (
            closing(sqlite3.connect(source)) as saved,
            closing(sqlite3.connect(target)) as live,
        ):
            saved.backup(live)
    except sqlite3.DatabaseError as error:
        msg = f"{source} can't be restored: {error}"
        raise StoreError(msg) from None


def _sqlite_path(store: Store, instead: str) -> Path:
    if store.path is None:
        msg = f"only a SQLite file is copied here; use {instead} for this database"
        raise StoreError(msg)
    return store.path
