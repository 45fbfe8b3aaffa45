"""A full store on each kind of database, and a folder for its backups."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.backups.copy_to import copy_store
from store.engine import Store, open_store
from tests.parts.full_store import write_full
from tests.parts.world import NOW


@pytest.fixture(scope="session")
def full_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with rows in every table."""
    path = tmp_path_factory.mktemp("full") / "full.db"
    write_full(path)
    return path


@pytest.fixture
def full_sqlite(full_file: Path, tmp_path: Path) -> Iterator[Store]:
    path = tmp_path / "full.db"
    shutil.copyfile(full_file, path)
    store = open_store(f"sqlite:///{path}")
    yield store
    store.close()


@pytest.fixture
def full(full_sqlite: Store, store: Store) -> Store:
    """The same rows on each kind of database in turn; on PostgreSQL they came by a copy."""
    if store.path is not None:
        shutil.copyfile(str(full_sqlite.path), store.path)
    else:
        copy_store(full_sqlite, store.engine.url.render_as_string(hide_password=False), NOW)
    return store


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """Where a backup goes, in a folder of its own."""
    folder = tmp_path / "saved"
    folder.mkdir()
    return folder / "monday.db"
