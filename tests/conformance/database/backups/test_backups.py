"""A backup holds every row, is proved before it has its name, and comes back held."""

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from pyrage import x25519
from sqlalchemy import text

from digest.backups.create import create_backup, remove_leftovers
from digest.backups.restore import restore_backup
from digest.backups.verify import verify_backup
from digest.deliver.instance import RESTORED, find_instance
from digest.deliver.tables import DeliveryState
from store.age import BackupKeyError, read_identities
from store.engine import Store, StoreError, open_store
from subscribers.hash_key import check_secrets, fingerprint_of
from tests.conformance.database.pipeline.test_hold import started, states
from tests.parts.full_store import everything
from tests.parts.world import NOW, SECRET, Clock, Recorder, add_people

FIRST = "SELECT min(id) FROM delivery WHERE issue_number = 1"


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_every_row_comes_back_and_nothing_is_sent_from_it(full: Store, saved: Path) -> None:
    before = everything(full)
    found = create_backup(full, saved, NOW)
    assert names_in(saved.parent) == ["monday.db"]
    assert saved.stat().st_mode & 0o777 == 0o600
    assert (found.wrong, found.fingerprints) == ((), (fingerprint_of(SECRET),))
    assert found.database == full.name
    assert "@" not in found.database
    add_people(full, 4)
    with full.write() as session:
        session.execute(text("DELETE FROM vote"))
    restore_backup(full, saved, NOW, lambda known: check_secrets(known, [SECRET]))
    assert everything(full) == before
    with full.read() as session:
        instance = find_instance(session)
    assert instance is not None
    assert instance.held == RESTORED


def test_a_backup_of_the_one_kind_of_database_is_restored_to_the_other(
    full_sqlite: Store, postgresql_store: Store, saved: Path, tmp_path: Path
) -> None:
    before = everything(full_sqlite)
    create_backup(full_sqlite, saved, NOW)
    add_people(postgresql_store, 7)
    restore_backup(postgresql_store, saved, NOW)
    assert everything(postgresql_store) == before
    create_backup(postgresql_store, saved.with_name("tuesday.db"), NOW)
    other = open_store(f"sqlite:///{tmp_path / 'other.db'}")
    restore_backup(other, saved.with_name("tuesday.db"), NOW)
    assert everything(other) == before
    other.close()


def test_who_was_in_flight_is_uncertain_after_a_restore_and_the_issue_paused(
    store: Store, saved: Path
) -> None:
    number = started(store, Recorder(), Clock())
    found = create_backup(store, saved, NOW)
    assert found.contents.issues == {"sending": 1}
    assert found.contents.deliveries == {"queued": 40}
    restore_backup(store, saved, NOW)
    assert states(store) == [DeliveryState.QUEUED] * 30 + [DeliveryState.UNCERTAIN] * 10
    with store.read() as session:
        state = session.execute(text("SELECT state FROM issue WHERE number = :n"), {"n": number})
        assert state.scalar_one() == "paused"


def test_numbers_go_on_after_a_restore_where_they_stood(store: Store, saved: Path) -> None:
    add_people(store, 3)
    with store.write() as session:
        session.execute(text("DELETE FROM subscriber WHERE id = 3"))
    create_backup(store, saved, NOW)
    restore_backup(store, saved, NOW)
    add_people(store, 1)
    with store.read() as session:
        assert session.execute(text("SELECT max(id) FROM subscriber")).scalar_one() == 4


def test_encrypted_it_opens_with_its_identity_alone(store: Store, saved: Path) -> None:
    identity, stranger = x25519.Identity.generate(), x25519.Identity.generate()
    emails = add_people(store, 3)
    found = create_backup(store, saved, NOW, [identity.to_public()])
    assert found.is_encrypted
    content = saved.read_bytes()
    assert content.startswith(b"age-encryption.org/v1")
    assert emails[0].encode() not in content
    assert names_in(saved.parent) == ["monday.db"]
    keys = saved.with_name("keys.txt")
    keys.write_text(f"# made by age-keygen\n{identity}\n")
    assert verify_backup(saved, saved.parent, read_identities(keys)).contents.people == {
        "active": 3
    }
    restore_backup(store, saved, NOW, identities=read_identities(keys))
    with pytest.raises(BackupKeyError, match="is encrypted: name the file of its identity"):
        verify_backup(saved, saved.parent)
    with pytest.raises(BackupKeyError, match="it is for another identity, or damaged"):
        verify_backup(saved, saved.parent, [stranger])
    saved.write_bytes(content[:-1])
    with pytest.raises(BackupKeyError, match="or damaged"):
        verify_backup(saved, saved.parent, [identity])
    assert names_in(saved.parent) == ["keys.txt", "monday.db"]


@pytest.mark.parametrize("content", [b"", b"no identity\n", b"AGE-SECRET-KEY-1QQ\n", b"\xff\xfe"])
def test_a_file_without_an_identity_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    keys = tmp_path / "keys.txt"
    keys.write_bytes(content)
    with pytest.raises(BackupKeyError, match="holds no identity") as refused:
        read_identities(keys)
    assert "\n" not in str(refused.value)


def programs_of(path: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as opened:
        return opened.execute(
            "SELECT name, sql FROM sqlite_master WHERE type IN ('trigger', 'view') ORDER BY name"
        ).fetchall()


def test_a_backup_with_programs_in_it_brings_none_along(full: Store, saved: Path) -> None:
    """A trigger came along, and took each suppression back; one of ours may be another's too."""
    create_backup(full, saved, NOW)
    before, own = everything(full), programs_of(saved)
    with closing(sqlite3.connect(saved)) as changed, changed:
        for name, _ in own:
            changed.execute(f"DROP TRIGGER {name}")
        name = own[0][0] if own else "forget_subscriber"
        changed.execute(
            f"CREATE TRIGGER {name} AFTER INSERT ON suppression BEGIN DELETE FROM suppression; END"
        )
        changed.execute('CREATE TRIGGER "a""b" AFTER DELETE ON delivery BEGIN SELECT 1; END')
        changed.execute("CREATE VIEW everybody AS SELECT * FROM subscriber")
    assert not verify_backup(saved, saved.parent).wrong
    restore_backup(full, saved, NOW)
    assert {name: len(rows) for name, rows in everything(full).items()} == {
        name: len(rows) for name, rows in before.items()
    }
    if full.path is not None:
        assert programs_of(full.path) == own


def damaged(path: Path, how: str) -> None:
    content = bytearray(path.read_bytes())
    if how == "cut":
        del content[len(content) // 2 :]
    elif how == "a page of zeros":
        content[8192:12288] = bytes(4096)
    elif how == "words":
        content[:] = b"this is no database at all, but long enough to be taken for one" * 100
    else:
        content.clear()
    path.write_bytes(content)


@pytest.mark.parametrize("how", ["cut", "a page of zeros", "words", "empty"])
def test_a_damaged_file_is_refused_in_one_line_and_the_store_is_as_it_was(
    full: Store, saved: Path, how: str
) -> None:
    create_backup(full, saved, NOW)
    before = everything(full)
    damaged(saved, how)
    for use in (
        lambda: verify_backup(saved, saved.parent),
        lambda: restore_backup(full, saved, NOW),
    ):
        with pytest.raises(StoreError, match=r"can't be restored|is not a backup") as refused:
            use()
        assert "\n" not in str(refused.value)
    assert everything(full) == before
    assert names_in(saved.parent) == ["monday.db"]


@pytest.mark.parametrize(
    ("statement", "line"),
    [
        (
            "UPDATE issue SET audience = audience + 1 WHERE number = 1",
            r"issue 1: \d+ deliveries of an audience of \d+",
        ),
        (
            f"UPDATE delivery SET state = 'queued' WHERE id = ({FIRST})",
            "issue 1 is finished, but 1 of its deliveries are open",
        ),
        (
            f"UPDATE delivery SET state = 'queued' WHERE id = ({FIRST})",
            "1 deliveries are queued in batches that are done",
        ),
    ],
)
def test_a_store_whose_counts_are_wrong_is_backed_up_and_named(
    full_sqlite: Store, saved: Path, statement: str, line: str
) -> None:
    with full_sqlite.write() as session:
        session.execute(text(statement))
    found = create_backup(full_sqlite, saved, NOW)
    assert found.wrong
    assert verify_backup(saved, saved.parent).wrong == found.wrong
    assert any(re.fullmatch(line, one) for one in found.wrong)


def test_rows_that_refer_to_nothing_are_named(full_sqlite: Store, saved: Path) -> None:
    create_backup(full_sqlite, saved, NOW)
    with closing(sqlite3.connect(saved)) as file, file:
        file.execute("UPDATE consent SET subscriber_id = 4711 WHERE id = 1")
    assert verify_backup(saved, saved.parent).wrong == (
        "1 rows refer to others that are not there, as in consent",
    )


FULL_DISK = """
import resource, sys
from pathlib import Path
from pyrage import x25519
from digest.backups.create import create_backup
from store.engine import StoreError, open_store
from tests.parts.world import NOW

opened, target = open_store(sys.argv[1]), Path(sys.argv[2])
for room in (300_000, 0):
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
    for keys in ([], [x25519.Identity.generate().to_public()]):
        try:
            create_backup(opened, target, NOW, keys)
        except StoreError as error:
            print(error, sorted(path.name for path in target.parent.iterdir()))
"""


def test_where_a_file_may_not_grow_nothing_is_left_and_the_line_says_so(
    full: Store, saved: Path
) -> None:
    url = full.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", FULL_DISK, url, str(saved)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = ran.stdout.splitlines()
    assert len(lines) == 4, ran.stderr
    for line in lines:
        assert line.startswith(f"{saved} can't be written: ")
        assert line.endswith(" []"), "nothing is left in the folder"
    create_backup(full, saved, NOW)


def test_a_name_that_is_taken_and_a_folder_that_is_none_are_refused(
    store: Store, saved: Path
) -> None:
    saved.write_text("mine")
    with pytest.raises(StoreError, match="exists already; name a new file"):
        create_backup(store, saved, NOW)
    assert saved.read_text() == "mine"
    with pytest.raises(StoreError, match="No such file or directory"):
        create_backup(store, saved.parent / "nowhere" / "x.db", NOW)
    with pytest.raises(StoreError, match="no such file"):
        restore_backup(store, saved.parent / "none.db", NOW)


KILLED = """
import os, signal, sys
from pathlib import Path
import store.files
from digest.backups.create import create_backup
from store.engine import open_store
from tests.parts.world import NOW

store.files._sync = lambda _path: os.kill(os.getpid(), signal.SIGKILL)
create_backup(open_store(sys.argv[1]), Path(sys.argv[2]), NOW)
"""


def test_what_a_killed_process_left_can_be_found_by_the_name_of_the_backup(
    store: Store, saved: Path
) -> None:
    add_people(store, 3)
    url = store.engine.url.render_as_string(hide_password=False)
    killed = subprocess.run([sys.executable, "-c", KILLED, url, str(saved)], check=False)
    assert killed.returncode == -9
    assert not saved.exists()
    left = names_in(saved.parent)
    assert [name for name in left if name.startswith(".monday.db.") and name.endswith(".part")]
    other = saved.with_name(".monday.db2.part")
    other.touch()
    remove_leftovers(store, saved)
    assert names_in(saved.parent) == [".monday.db2.part"]
    if store.path is not None:
        assert not [name for name in names_in(store.path.parent) if name.endswith(".part")]
