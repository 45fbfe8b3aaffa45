"""Makes a backup of a store while it is in use, and proves it before the file has its name."""

import glob
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from digest.backups.snapshot import write_snapshot, written
from digest.backups.verify import Verified, verify_backup
from store.age import encrypt
from store.copying.rows import Progress
from store.engine import Store, StoreError

PART = ".part"


def create_backup(
    store: Store,
    target: Path,
    now: datetime,
    recipients: Sequence[Any] = (),
    progress: Progress = lambda _table, _rows: None,
) -> Verified:
    """Write a backup of the store to `target`, its owner's alone; return what is in it.

    It is restored aside and counted before it has its name, and `target` is whole or not there. A
    store whose counts are wrong is backed up too: what was returned says so. Raises StoreError.
    """
    if target.exists():
        msg = f"{target} exists already; name a new file"
        raise StoreError(msg)
    with written(target) as aside, _work_folder(store, target) as folder:
        plain = folder / "plain.db" if recipients else aside
        plain.touch(0o600)
        write_snapshot(store, plain, now, progress)
        found = verify_backup(plain, folder)
        if recipients:
            encrypt(plain, aside, recipients)
    return replace(found, file=target, is_encrypted=bool(recipients))


@contextmanager
def _work_folder(store: Store, target: Path) -> Iterator[Path]:
    """Yield a folder of this backup alone, beside a SQLite database, which is as private.

    Its name is that of the backup and ends in `.part`: what a dead process left can be found.
    """
    near = store.path.parent if store.path is not None else target.parent
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", suffix=PART, dir=near) as folder:
        yield Path(folder)


def remove_leftovers(store: Store, target: Path) -> None:
    """Remove what a process that died in the middle left of the backup `target`."""
    folders = {target.parent} | ({store.path.parent} if store.path is not None else set())
    for folder in folders:
        for part in folder.glob(f".{glob.escape(target.name)}.*{PART}"):
            if part.is_dir():
                shutil.rmtree(part, ignore_errors=True)
            else:
                part.unlink(missing_ok=True)
