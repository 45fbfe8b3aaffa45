"""Who is alive: every worker holds a lock that dies with its process.

A batch names the worker that claimed it. Whether that worker still lives is asked of the
operating system (a locked file beside a SQLite database) or of PostgreSQL (a session's advisory
lock), not of a clock: a slow worker is never taken for dead, a dead one never for slow.
"""

import fcntl
import secrets
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol, Self

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from store.engine import Store


class WorkerLock(Protocol):
    """`number` is this worker's; `alive` answers for any worker of the same database."""

    number: int

    def keep(self) -> None:
        """Makes sure that the lock is still held; asked before every claim."""
        ...

    def alive(self, number: int) -> bool: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def worker_lock(store: Store) -> WorkerLock:
    """A new worker's presence, to be held with `with` for as long as it works."""
    number = secrets.randbits(62)
    if not store.is_sqlite:
        return _AdvisoryLock(store, number)
    folder = store.path
    return _FileLock(folder.with_name(folder.name + ".workers") if folder else None, number)


class _FileLock:
    """A locked file a worker. In memory (no folder) there is one process and nobody else."""

    def __init__(self, folder: Path | None, number: int) -> None:
        self.number = number
        self._folder = folder
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._file = (self._folder / str(self.number)).open("wb")
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None and self._folder is not None:
            self._file.close()
            (self._folder / str(self.number)).unlink(missing_ok=True)

    def keep(self) -> None:
        """A file's lock ends with the process and not before."""

    def alive(self, number: int) -> bool:
        if number == self.number:
            return True
        if self._folder is None:
            return False
        path = self._folder / str(number)
        try:
            with path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        path.unlink(missing_ok=True)
        return False


class _AdvisoryLock:
    """An advisory lock of a session of its own (PostgreSQL, 13.3.5)."""

    def __init__(self, store: Store, number: int) -> None:
        self.number = number
        self._store = store
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        self._lock()
        return self

    def _lock(self) -> None:
        connection = self._store.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            connection.execute(text("SELECT pg_advisory_lock(:n)"), {"n": self.number})
        except DBAPIError:
            connection.close()
            raise
        self._connection = connection

    def keep(self) -> None:
        """Takes the lock again where its session was cut (a restart, an idle limit, a pooler)."""
        try:
            if self._connection is not None:
                self._connection.execute(text("SELECT 1"))
        except DBAPIError:
            self._let_go()
        if self._connection is None:
            # A server that is away still raises; the next call tries again.
            self._lock()

    def __exit__(self, *_: object) -> None:
        self._let_go()

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            # Not back into the pool: the lock ends with the session.
            connection.invalidate()
            connection.close()

    def alive(self, number: int) -> bool:
        if number == self.number:
            return True
        with self._store.engine.connect().execution_options(
            isolation_level="AUTOCOMMIT"
        ) as connection:
            free = connection.execute(
                text("SELECT pg_try_advisory_lock(:n)"), {"n": number}
            ).scalar_one()
            if free:
                connection.execute(text("SELECT pg_advisory_unlock(:n)"), {"n": number})
            return not free
