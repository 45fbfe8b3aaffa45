"""An empty database of each kind, for the migrations to begin in."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from store.engine import Store, open_store


@pytest.fixture
def empty(database_url: str, tmp_path: Path) -> Iterator[Store]:
    if database_url.startswith("sqlite"):
        store = open_store(f"sqlite:///{tmp_path / 'past.db'}")
    else:
        store = open_store(database_url)
        with store.engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    yield store
    store.close()
