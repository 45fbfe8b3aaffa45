"""Where journals are: reading those of dead workers, and sweeping old ones.

A journal is believed only if it is this store's, of this boot of this machine, the file that was
written and not a copy of it, and if the process that wrote it has ended.
"""

import fcntl
import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from digest.deliver.journal.format import Notes, read_notes
from digest.deliver.journal.identity import identity_of, was_put_back
from store.engine import Store
from store.files import OWNER_ONLY_FOLDER, make_folder

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
"""Linux: random(4). Other systems have none, and so no journals."""
KEPT = timedelta(days=30)
"""A journal that nobody wrote to for so long is removed, whoever's it is."""
DEFAULT_FOLDER = Path("var/journal")
log = logging.getLogger(__name__)


def read_boot_id() -> str:
    """Return what tells this boot of this machine from any other; empty where nothing does."""
    with suppress(OSError, UnicodeDecodeError):
        return BOOT_ID.read_text(encoding="ascii").strip()
    return ""


def open_journals(store: Store, given: Path | None = None) -> "JournalFolder | None":
    """Return the folder of the store's journals; None where the system has no boot id.

    If it is not `given` it is beside the SQLite file, or `var/journal` with PostgreSQL; a store in
    memory has none.
    """
    path, boot = given, read_boot_id()
    if path is None and not store.is_sqlite:
        path = DEFAULT_FOLDER
    elif path is None and store.path:
        path = store.path.with_name(store.path.name + ".journals")
    return JournalFolder(path, boot) if path and boot else None


@dataclass(slots=True)
class JournalFolder:
    """The journals of stores on this machine since it was booted."""

    path: Path
    boot: str
    _count: int = 0
    _swept: bool = False

    def new_path(self, instance: str, worker: int, now: datetime) -> Path:
        """Return the path of the next journal. Raises OSError where there can be no folder."""
        make_folder(self.path, OWNER_ONLY_FOLDER)
        if not self._swept:
            self._swept = True
            self._sweep(now)
        self._count += 1
        return self.path / f"{_prefix(instance, worker)}{self._count:08}"

    def read(self, instance: str, worker: int) -> Iterator[tuple[Path, Notes]]:
        """Yield the journals of a worker that can be believed, oldest first."""
        for path in sorted(self.path.glob(f"{_prefix(instance, worker)}*")):
            notes = self._read(path)
            if (
                notes
                and notes.header.instance == instance
                and notes.header.worker == worker
                and notes.header.boot == self.boot
            ):
                yield path, notes

    def _read(self, path: Path) -> Notes | None:
        """Return what the journal says; None while its process lives, and for a copy."""
        try:
            with path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                if was_put_back(file.fileno()):
                    return None
                notes = read_notes(file.read())
                identity = identity_of(file.fileno())
        except OSError:
            return None
        return notes if notes and notes.header.identity == identity else None

    def _sweep(self, now: datetime) -> None:
        """Remove what nobody wrote to for long; who writes holds a lock, and is left alone."""
        before = (now - KEPT).timestamp()
        for path in self.path.iterdir():
            with suppress(OSError):
                if path.stat().st_mtime < before:
                    with path.open("rb") as file:
                        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                        path.unlink()


def _prefix(instance: str, worker: int) -> str:
    return f"{instance[:8]}-{worker}-"
