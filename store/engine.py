"""Opens the database and hands out transactions.

SQLite runs in WAL mode with foreign keys on; a writing transaction begins IMMEDIATE, so that
two writers wait for each other at the start instead of failing in the middle
(https://www.sqlite.org/lang_transaction.html).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlmodel import Session

from store.errors import UserError
from store.files import make_folder
from store.outage import Outage

BUSY_TIMEOUT_SECONDS = 30
TRUNCATE_TIMEOUT_MS = 5_000
"""How long truncating the log waits for those who read."""
UNAVAILABLE = (OperationalError, PoolTimeoutError)
"""What a transaction raises while the database is locked, full or out of reach."""


class StoreError(UserError):
    """The database can't be used; the message says which, why and what to do."""


class Store:
    """One database. `write` commits at the end of its block, `read` never does."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.log_is_due = False
        """Whether `truncate_log` was kept from it, and has to be called again."""
        self.schema = ""
        """The schema that this process works with, once it was found there; mail is claimed under
        no other (`digest.deliver.instance`)."""
        self.outage = Outage()
        if not self.is_sqlite:
            event.listen(engine, "connect", lambda *_: self.outage.end())

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @property
    def name(self) -> str:
        """Its name in messages: without user, password and options."""
        url = self.engine.url
        if self.is_sqlite:
            return f"sqlite:///{url.database}"
        return f"postgresql://{url.host or ''}{f':{url.port}' if url.port else ''}/{url.database}"

    @property
    def path(self) -> Path | None:
        """The SQLite file; None on PostgreSQL and in memory."""
        name = self.engine.url.database
        return Path(name) if self.is_sqlite and name and name != ":memory:" else None

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Open a transaction that commits when the block ends and rolls back when it raises."""
        with (
            Session(self.engine, expire_on_commit=False, info={"schema": self.schema}) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a transaction for reading: a consistent view, rolled back at the end."""
        with Session(self.engine.execution_options(digest_read=True)) as session:
            yield session
            # What was read stays readable after the block; a rollback would empty it.
            session.expunge_all()
            session.rollback()

    def truncate_log(self) -> bool:
        """Move SQLite's write-ahead log into the file and empty it; False while others read.

        The log keeps what was erased until then (https://www.sqlite.org/wal.html).
        """
        if not self.is_sqlite:
            return True
        raw = self.engine.raw_connection()
        try:
            cursor = raw.cursor()
            cursor.execute(f"PRAGMA busy_timeout={TRUNCATE_TIMEOUT_MS}")
            busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_SECONDS * 1000}")
            cursor.close()
        finally:
            raw.close()
        self.log_is_due = bool(busy)
        return not busy

    def close(self) -> None:
        self.engine.dispose()


def describe_error(error: DBAPIError) -> str:
    """Return the database's own words in one line; no statement and no value."""
    lines = str(error.orig).strip().splitlines() if error.orig else []
    return lines[0] if lines else "no reason given"


def open_store(url: str) -> Store:
    """Return a Store over `url` (sqlite:///PATH or postgresql://...). Raises StoreError."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        msg = (
            "the database URL can't be read; it should look like "
            "sqlite:///var/digest.db or postgresql://user:password@host/name"
        )
        raise StoreError(msg) from None
    if parsed.get_backend_name() == "sqlite":
        return Store(_open_sqlite(parsed))
    if parsed.get_backend_name() == "postgresql":
        return Store(_open_postgresql(parsed))
    msg = f"no such kind of database: {parsed.get_backend_name()}; use sqlite or postgresql"
    raise StoreError(msg)


def _open_postgresql(url: URL) -> Engine:
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        connect_args={"connect_timeout": 10},
    )


def _open_sqlite(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        folder = Path(url.database).parent
        try:
            make_folder(folder)
        except OSError as error:
            msg = f"the database's folder {folder} can't be made: {error.strerror}"
            raise StoreError(msg) from None
        _make_private(Path(url.database))
    engine = create_engine(
        url, connect_args={"timeout": BUSY_TIMEOUT_SECONDS, "check_same_thread": False}
    )
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _make_private(path: Path) -> None:
    """Create the file readable by its owner alone: it holds every reader's address."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        msg = f"the database {path} can't be made: {error.strerror}"
        raise StoreError(msg) from None


def _on_connect(connection: Any, _record: Any) -> None:
    # The driver must not begin transactions by itself: _on_begin says which kind.
    connection.isolation_level = None
    # secure_delete: data of an erased subscriber must not stay in free pages of the file.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(connection: Any) -> None:
    reading = connection.get_execution_options().get("digest_read", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
