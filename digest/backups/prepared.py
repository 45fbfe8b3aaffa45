"""Makes a private copy of a backup: decrypted, checked, and of this version's schema."""

import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from digest.backups.record import Record, take_record
from digest.database import revisions, upgrade
from store.age import BackupKeyError, decrypt, is_encrypted
from store.engine import StoreError, open_store


@dataclass(frozen=True, slots=True)
class Prepared:
    """A copy of a backup that may be used up; `revision` is the schema that the backup has."""

    path: Path
    revision: str
    fingerprints: tuple[str, ...]
    """Of the secrets that its links were made with."""
    record: Record | None
    is_encrypted: bool


@contextmanager
def prepared(file: Path, folder: Path, identities: Sequence[Any] = ()) -> Iterator[Prepared]:
    """Copy the backup `file` into a folder of its own within `folder`, and bring it up to date.

    Raises StoreError: there is no such file, it is none of ours or of a newer version, it is
    damaged, or there is no room for the copy.
    """
    if not file.is_file():
        msg = f"no such file: {file}"
        raise StoreError(msg)
    try:
        with tempfile.TemporaryDirectory(prefix=".restore-", dir=folder) as private:
            yield _prepare(file, Path(private) / "copy.db", identities)
    except OSError as error:
        msg = f"{file} can't be copied into {folder}: {error.strerror or error}"
        raise StoreError(msg) from None


def _prepare(file: Path, copy: Path, identities: Sequence[Any]) -> Prepared:
    encrypted = is_encrypted(file)
    if encrypted:
        if not identities:
            msg = f"{file} is encrypted: name the file of its identity with --identity"
            raise BackupKeyError(msg)
        plain = copy.with_name("plain.db")
        plain.touch(0o600)
        decrypt(file, plain, identities)
    else:
        plain = file
    revision = _revision(file, plain)
    fingerprints = _fingerprints(plain)
    _copy(file, plain, copy)
    if encrypted:
        plain.unlink()
    record = take_record(copy)
    if revision != revisions()[-1]:
        opened = open_store(f"sqlite:///{copy}")
        try:
            upgrade(opened)
        finally:
            opened.close()
    _renew_programs(copy)
    return Prepared(copy, revision, tuple(fingerprints), record, encrypted)


def _revision(file: Path, plain: Path) -> str:
    """Return the schema of the backup. Raises StoreError if it is none that this version knows."""
    not_ours = f"{file} is not a backup of this program"
    try:
        with closing(_open_to_read(plain)) as saved:
            found = saved.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.DatabaseError:
        raise StoreError(not_ours) from None
    if found is None or found[0] not in revisions():
        msg = f"{file} is from a newer version of this program; nothing was restored"
        raise StoreError(msg if found else not_ours)
    return str(found[0])


def _fingerprints(plain: Path) -> list[str]:
    with closing(_open_to_read(plain)) as saved:
        found = saved.execute("SELECT 1 FROM sqlite_master WHERE name = 'known_secret'").fetchone()
        rows = saved.execute("SELECT fingerprint FROM known_secret").fetchall() if found else []
    return sorted(str(row[0]) for row in rows)


def _copy(file: Path, plain: Path, copy: Path) -> None:
    copy.touch(0o600)
    try:
        with closing(_open_to_read(plain)) as saved, closing(sqlite3.connect(copy)) as target:
            saved.backup(target)
            damaged = target.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        msg = f"{file} can't be restored: {error}"
        raise StoreError(msg) from None
    if damaged != "ok":
        msg = f"{file} can't be restored: it is damaged ({damaged.splitlines()[-1]})"
        raise StoreError(msg)


def _renew_programs(copy: Path) -> None:
    """Let the copy have this version's own triggers and views, and no others.

    A foreign one would come along, and change at each write what nobody asked for.
    """
    own = _own_programs()
    with closing(sqlite3.connect(copy)) as saved, saved:
        found = _programs(saved)
        if found == own:
            return
        for kind, name, _ in found:
            quoted = name.replace('"', '""')
            saved.execute(f'DROP {kind} "{quoted}"')
        for _, _, statement in sorted(own):
            saved.execute(statement)


@cache
def _own_programs() -> frozenset[tuple[str, str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.db"
        opened = open_store(f"sqlite:///{empty}")
        try:
            upgrade(opened)
        finally:
            opened.close()
        with closing(sqlite3.connect(empty)) as made:
            return _programs(made)


def _programs(database: sqlite3.Connection) -> frozenset[tuple[str, str, str]]:
    """Return kind, name and statement of each trigger and view."""
    return frozenset(
        database.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE type IN ('trigger', 'view')"
        )
    )


def _open_to_read(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
