"""Tell live workers from dead ones: each holds a lock that ends with its process.

A batch names the worker that claimed it. The operating system (a locked file beside a
SQLite database) or PostgreSQL (a session's advisory lock) knows whether that worker is alive. No
clock is involved: a slow worker is never taken for dead, nor a dead one for slow.
"""

import fcntl
import os
import secrets
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol, Self

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from store.engine import Store
from store.files import OWNER_ONLY, OWNER_ONLY_FOLDER, make_folder


class WorkerLock(Protocol):
    """One worker's lock, held inside a `with` block. `worker_id` identifies the worker."""

    worker_id: int

    def ensure_held(self) -> None:
        """Take the lock again if it was lost; called before every claim."""
        ...

    def is_alive(self, worker_id: int) -> bool:
        """Return whether the worker `worker_id` of the same database holds its lock."""
        ...

    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def worker_lock(store: Store) -> WorkerLock:
    """Return a new worker's lock, to be held with `with` for as long as it works."""
    worker_id = secrets.randbits(62)
    if not store.is_sqlite:
        return _AdvisoryLock(store, worker_id)
    folder = store.path
    return _FileLock(folder.with_name(folder.name + ".workers") if folder else None, worker_id)


def live_workers(store: Store) -> int:
    """Return how many workers hold a lock of this database, whatever version they are of."""
    if not store.is_sqlite:
        with store.engine.connect() as connection:
            return int(connection.execute(_LIVE).scalar_one())
    if store.path is None:
        return 0
    lock = _FileLock(store.path.with_name(store.path.name + ".workers"), 0)
    return lock.count_alive()


_LIVE = text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
"""Advisory locks of one 64-bit number; nothing else here holds one for longer than a moment."""


class _FileLock:
    """A locked file per worker. A database in memory has no folder and only one worker."""

    def __init__(self, folder: Path | None, worker_id: int) -> None:
        self.worker_id = worker_id
        self._folder = folder
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        if self._folder is not None:
            # Whoever may open the file could lock it, and the worker would never be taken for dead.
            make_folder(self._folder, OWNER_ONLY_FOLDER)
            path = self._folder / str(self.worker_id)
            self._file = os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY, OWNER_ONLY), "wb")
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None and self._folder is not None:
            self._file.close()
            (self._folder / str(self.worker_id)).unlink(missing_ok=True)

    def ensure_held(self) -> None:
        """Do nothing: a file's lock ends with the process and not before."""

    def is_alive(self, worker_id: int) -> bool:
        if worker_id == self.worker_id:
            return True
        if self._folder is None:
            return False
        path = self._folder / str(worker_id)
        try:
            with path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        path.unlink(missing_ok=True)
        return False

    def count_alive(self) -> int:
        """Return how many workers of the folder are alive."""
        if self._folder is None or not self._folder.is_dir():
            return 0
        names = [path.name for path in self._folder.iterdir() if path.name.isdecimal()]
        return sum(self.is_alive(int(name)) for name in names)


class _AdvisoryLock:
    """An advisory lock on a dedicated connection (PostgreSQL manual, 13.3.5)."""

    def __init__(self, store: Store, worker_id: int) -> None:
        self.worker_id = worker_id
        self._store = store
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        self._acquire()
        return self

    def _acquire(self) -> None:
        connection = self._store.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            connection.execute(text("SELECT pg_advisory_lock(:n)"), {"n": self.worker_id})
        except DBAPIError:
            connection.close()
            raise
        self._connection = connection

    def ensure_held(self) -> None:
        """Take the lock again if its connection was cut (a restart, an idle limit, a pooler)."""
        try:
            if self._connection is not None:
                self._connection.execute(text("SELECT 1"))
        except DBAPIError:
            self._release()
        if self._connection is None:
            # Raises while the server is away; the next call tries again.
            self._acquire()

    def __exit__(self, *_: object) -> None:
        self._release()

    def _release(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            # Not back into the pool: the lock ends with the connection.
            connection.invalidate()
            connection.close()

    def is_alive(self, worker_id: int) -> bool:
        if worker_id == self.worker_id:
            return True
        with self._store.engine.connect().execution_options(
            isolation_level="AUTOCOMMIT"
        ) as connection:
            free = connection.execute(
                text("SELECT pg_try_advisory_lock(:n)"), {"n": worker_id}
            ).scalar_one()
            if free:
                connection.execute(text("SELECT pg_advisory_unlock(:n)"), {"n": worker_id})
            return not free
