"""Upgrades a store in one transaction, backed up before and counted after; or tries it."""

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from digest.backups.create import create_backup
from digest.backups.restore import work_folder
from digest.backups.scheduled import file_name
from digest.backups.snapshot import write_snapshot
from digest.database import (
    MIGRATIONS,
    SchemaState,
    applied_revision,
    ensure_not_ahead,
    migrate,
    revisions,
    upgrade,
)
from digest.upgrades.senders import stop_claims, who_sends
from store.engine import Store, StoreError, open_store
from store.files import OWNER_ONLY_FOLDER, make_folder

COUNTED = ("subscriber", "consent", "suppression", "issue", "delivery", "event")
"""Tables that every released schema has, and that no migration takes a row from."""
WAIT_SECONDS = 2.0
Counts = dict[str, int]


class UpgradeRefusedError(StoreError):
    """A store can't be upgraded now; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Step:
    """One migration: its revision, and what it says of itself."""

    revision: str
    title: str


@dataclass(frozen=True, slots=True)
class Upgraded:
    """What an upgrade did; `backup` is None where none was made."""

    before: str
    steps: tuple[Step, ...]
    counts: Counts
    seconds: float
    backup: Path | None = None


@dataclass(frozen=True, slots=True)
class BackupFirst:
    """Where the backup before an upgrade goes, and for whom it is encrypted."""

    folder: Path
    recipients: Sequence[Any]
    now: datetime


def pending_steps(store: Store) -> tuple[str, list[Step]] | None:
    """Return the store's revision and the migrations it lacks; None if it has none or lacks none.

    Raises StoreError if it is of a newer version.
    """
    if ensure_not_ahead(store) is not SchemaState.BEHIND:
        return None
    with store.engine.connect() as connection:
        before = applied_revision(connection) or ""
    return before, [Step(one, _title(one)) for one in revisions() if one > before]


def ensure_nobody_sends(
    store: Store, pause: Callable[[float], object] = time.sleep, *, wait: bool = False
) -> None:
    """Wait until nothing is being sent, or raise UpgradeRefusedError if `wait` is off."""
    while True:
        with store.engine.connect() as connection:
            sending = who_sends(store, connection)
        if not sending:
            return
        if not wait:
            raise UpgradeRefusedError(_is_sending(sending))
        pause(WAIT_SECONDS)


def try_upgrade(
    store: Store, now: datetime, tick: Callable[[], float] = time.monotonic
) -> Upgraded:
    """Upgrade without effect: a copy of a SQLite file, or PostgreSQL in a transaction undone.

    Raises StoreError where the upgrade would fail.
    """
    pending = pending_steps(store)
    assert pending is not None  # noqa: S101 - who calls asked before
    began = tick()
    if store.path is None:
        counts = _try_in_place(store)
    else:
        with tempfile.TemporaryDirectory(prefix=".upgrade-", dir=work_folder(store)) as folder:
            copy = Path(folder) / "copy.db"
            copy.touch(0o600)
            write_snapshot(store, copy, now)
            counts = _try_on_copy(copy)
    return Upgraded(pending[0], tuple(pending[1]), counts, tick() - began)


def perform_upgrade(
    store: Store, backup: BackupFirst | None, tick: Callable[[], float] = time.monotonic
) -> Upgraded:
    """Back the store up, then upgrade it in one transaction, and say what was done.

    Raises StoreError: somebody sends, no backup could be made, or a migration failed. Nothing was
    changed then.
    """
    pending = pending_steps(store)
    assert pending is not None  # noqa: S101 - who calls asked before
    saved = _back_up(store, backup) if backup else None
    began = tick()
    try:
        with store.engine.begin() as connection:
            counts = _migrate(store, connection)
    except OperationalError as error:
        raise _not_free(store, error) from None
    upgrade(store)  # the queue's own tables
    return Upgraded(pending[0], tuple(pending[1]), counts, tick() - began, saved)


def _back_up(store: Store, backup: BackupFirst) -> Path:
    name = file_name(
        f"before-{revisions()[-1]}", "", backup.now, is_encrypted=bool(backup.recipients)
    )
    target = backup.folder / name
    try:
        make_folder(backup.folder, OWNER_ONLY_FOLDER)
        create_backup(store, target, backup.now, backup.recipients)
    except (StoreError, OSError) as error:
        msg = f"nothing was upgraded, since no backup could be made (--no-backup skips it): {error}"
        raise UpgradeRefusedError(msg) from None
    return target


def _migrate(store: Store, connection: Connection) -> Counts:
    """Run the migrations, and see that no row was lost. The caller commits, or undoes it."""
    stop_claims(store, connection)
    sending = who_sends(store, connection)
    if sending:
        raise UpgradeRefusedError(_is_sending(sending))
    before = _count(connection)
    migrate(connection)
    after = _count(connection)
    lost = [name for name in COUNTED if before[name] != after[name]]
    if lost:
        msg = (
            f"nothing was upgraded: {lost[0]} had {before[lost[0]]} rows and would have "
            f"{after[lost[0]]}"
        )
        raise UpgradeRefusedError(msg)
    return after


def _try_in_place(store: Store) -> Counts:
    try:
        with store.engine.connect() as connection, connection.begin() as transaction:
            counts = _migrate(store, connection)
            transaction.rollback()
    except OperationalError as error:
        raise _not_free(store, error) from None
    return counts


def _try_on_copy(copy: Path) -> Counts:
    opened = open_store(f"sqlite:///{copy}")
    try:
        with opened.engine.begin() as connection:
            return _migrate(opened, connection)
    finally:
        opened.close()


def _count(connection: Connection) -> Counts:
    return {
        name: int(connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one())  # noqa: S608 - fixed names
        for name in COUNTED
    }


def _title(revision: str) -> str:
    """Return the first line of a migration's docstring."""
    (path,) = (MIGRATIONS / "versions").glob(f"{revision}_*.py")
    with path.open(encoding="utf-8") as file:
        return file.readline().strip().strip('"')


def _is_sending(what: str) -> str:
    return (
        f"{what} is being sent: stop the processes first (SIGTERM finishes the batch in hand), "
        "or wait for the end with --wait; nothing was changed"
    )


def _not_free(store: Store, error: OperationalError) -> UpgradeRefusedError:
    lines = str(error.orig).strip().splitlines() or ["no reason given"]
    return UpgradeRefusedError(
        f"the database {store.name} could not be upgraded ({lines[0]}): stop the processes that "
        "work on it, and try again; nothing was changed"
    )
