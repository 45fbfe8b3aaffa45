"""One transaction has more page cache than those after it."""

from pathlib import Path

import pytest
from sqlmodel import Session

from store.engine import Store, open_store
from store.page_cache import PAGE_CACHE_KB, larger_page_cache


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(f"sqlite:///{tmp_path}/digest.db")


def size(session: Session) -> int:
    return int(session.connection().exec_driver_sql("PRAGMA cache_size").scalar_one())


def test_the_cache_is_larger_within_the_block_alone(store: Store) -> None:
    with store.write() as session:
        before = size(session)
        with larger_page_cache(session):
            assert size(session) == -PAGE_CACHE_KB
        assert size(session) == before != -PAGE_CACHE_KB


def test_a_block_that_fails_leaves_the_limit_of_before(store: Store) -> None:
    with store.write() as session:
        before = size(session)
        with pytest.raises(ValueError, match="of the block"), larger_page_cache(session):
            raise ValueError("of the block")
        assert size(session) == before


def test_what_was_written_in_the_block_is_stored(store: Store) -> None:
    with store.write() as session, larger_page_cache(session):
        session.connection().exec_driver_sql("CREATE TABLE kept (one INTEGER)")
        session.connection().exec_driver_sql("INSERT INTO kept VALUES (1)")
    with store.read() as session:
        assert session.connection().exec_driver_sql("SELECT one FROM kept").scalar_one() == 1
