"""A store copied into another database: every row, every sequence, held; or nothing of it."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from digest.backups.copy_to import copy_store
from digest.database import schema_drift
from digest.deliver.instance import COPIED, find_instance
from store.engine import Store, StoreError, open_store
from subscribers.tables import Subscriber
from tests.parts.full_store import everything
from tests.parts.world import NOW, add_people


def url_of(store: Store) -> str:
    return store.engine.url.render_as_string(hide_password=False)


def held_because(store: Store) -> str:
    with store.read() as session:
        instance = find_instance(session)
    assert instance is not None
    return instance.held


@pytest.fixture
def empty_postgresql(postgresql_store: Store) -> Store:
    """A database without a table, as an operator makes it."""
    with postgresql_store.engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    return postgresql_store


def test_from_sqlite_to_postgresql_and_back_every_row_is_the_same(
    full_sqlite: Store, empty_postgresql: Store, tmp_path: Path
) -> None:
    before = everything(full_sqlite)
    assert sum(not rows for rows in before.values()) < len(before) / 3, "hardly a table is empty"
    contents = copy_store(full_sqlite, url_of(empty_postgresql), NOW)
    assert sum(contents.people.values()) == len(before["subscriber"])
    assert everything(empty_postgresql) == before
    assert schema_drift(empty_postgresql) == []
    back = tmp_path / "back.db"
    copy_store(empty_postgresql, f"sqlite:///{back}", NOW)
    again = open_store(f"sqlite:///{back}")
    assert everything(again) == before
    assert schema_drift(again) == []
    assert {held_because(empty_postgresql), held_because(again)} == {COPIED}
    again.close()


def test_numbers_that_were_given_out_are_not_given_again(
    full_sqlite: Store, empty_postgresql: Store, tmp_path: Path
) -> None:
    with full_sqlite.write() as session:
        session.add(Subscriber(id=900, email="a", email_key="a", address_hash="a", created_at=NOW,
                               changed_at=NOW))  # fmt: skip
    with full_sqlite.write() as session:
        session.execute(text("DELETE FROM subscriber WHERE id = 900"))
    copy_store(full_sqlite, url_of(empty_postgresql), NOW)
    copy_store(empty_postgresql, f"sqlite:///{tmp_path / 'back.db'}", NOW)
    back = open_store(f"sqlite:///{tmp_path / 'back.db'}")
    for store in (empty_postgresql, back):
        add_people(store, 1)
        with store.read() as session:
            assert session.execute(text("SELECT max(id) FROM subscriber")).scalar_one() == 901
    back.close()


def test_a_target_that_holds_something_is_refused_and_left_alone(
    full_sqlite: Store, postgresql_store: Store, tmp_path: Path
) -> None:
    add_people(postgresql_store, 3)
    before = everything(postgresql_store)
    with pytest.raises(StoreError, match=r"holds something \(subscriber: 3\); name an empty one"):
        copy_store(full_sqlite, url_of(postgresql_store), NOW)
    assert everything(postgresql_store) == before
    file = tmp_path / "other.db"
    file.write_bytes(b"something")
    with pytest.raises(StoreError, match="exists already"):
        copy_store(full_sqlite, f"sqlite:///{file}", NOW)
    with pytest.raises(StoreError, match="there is no folder"):
        copy_store(full_sqlite, f"sqlite:///{tmp_path}/nowhere/x.db", NOW)


def test_a_row_that_postgresql_does_not_take_is_named_and_nothing_is_kept(
    full_sqlite: Store, empty_postgresql: Store
) -> None:
    with full_sqlite.write() as session:
        session.execute(text("UPDATE subscriber SET source = :long"), {"long": "x" * 201})
    with pytest.raises(StoreError, match="a row of subscriber: value too long") as refused:
        copy_store(full_sqlite, url_of(empty_postgresql), NOW)
    assert "\n" not in str(refused.value)
    assert not any(everything(empty_postgresql).values())


KILLED = """
import os, signal, sys
from digest.backups.copy_to import copy_store
from store.engine import open_store
from tests.parts.world import NOW

def kill(table, rows):
    if table == "event":
        os.kill(os.getpid(), signal.SIGKILL)

copy_store(open_store(sys.argv[1]), sys.argv[2], NOW, kill)
"""


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_killed_in_the_middle_it_leaves_a_target_that_is_empty_and_can_be_copied_to_again(
    full_sqlite: Store, empty_postgresql: Store, tmp_path: Path, kind: str
) -> None:
    to = url_of(empty_postgresql) if kind == "postgresql" else f"sqlite:///{tmp_path / 'to.db'}"
    killed = subprocess.run([sys.executable, "-c", KILLED, url_of(full_sqlite), to], check=False)
    assert killed.returncode == -9
    assert not (tmp_path / "to.db").exists()
    if kind == "postgresql":
        assert not any(everything(empty_postgresql).values())
    copy_store(full_sqlite, to, NOW)
    target = open_store(to)
    assert everything(target) == everything(full_sqlite)
    target.close()


def test_a_source_that_is_written_to_meanwhile_is_copied_as_it_was(
    full_sqlite: Store, empty_postgresql: Store
) -> None:
    before = everything(full_sqlite)
    told: list[str] = []

    def write(table: str, _rows: int) -> None:
        if not told:
            told.append(table)
            add_people(full_sqlite, 5)

    copy_store(full_sqlite, url_of(empty_postgresql), NOW, write)
    assert told
    copied = everything(empty_postgresql)
    assert copied in (before, everything(full_sqlite)), "all of one moment, whichever it was"


def test_tables_that_differ_are_refused_by_name(full_sqlite: Store, tmp_path: Path) -> None:
    with sqlite3.connect(str(full_sqlite.path)) as file:
        file.execute("ALTER TABLE subscriber ADD COLUMN more TEXT")
    with pytest.raises(StoreError, match=r"the column subscriber\.more is in one of the two"):
        copy_store(full_sqlite, f"sqlite:///{tmp_path / 'to.db'}", NOW)
    assert not (tmp_path / "to.db").exists()
