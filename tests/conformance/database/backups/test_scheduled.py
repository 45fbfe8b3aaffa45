"""Backups on schedule: one worker makes each, old ones go once it is proved, a failure is told."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyrage import x25519
from sqlmodel import col, select, update

from digest.backup_runs.runs import all_runs, begin_run
from digest.backup_runs.tables import BackupRun, BackupState
from digest.backups.scheduled import ScheduledBackups
from digest.backups.verify import verify_backup
from digest.deliver.instance import BY_HAND, find_instance
from digest.deliver.ledger.worker_lock import WorkerLock, worker_lock
from digest.deliver.tables import Instance
from digest.editors.addresses import add_editor
from digest.editors.editor_events import editor_events
from digest.editors.ledger import note
from digest.pipeline.hold import SendingGuard, hold
from store.engine import Store
from tests.parts.world import Clock, add_people

EVERY = 24 * 60


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lock(store: Store) -> Iterator[WorkerLock]:
    with worker_lock(store) as held:
        yield held


@pytest.fixture
def backups(store: Store, clock: Clock, tmp_path: Path) -> ScheduledBackups:
    """One a day, of which two are kept; the store has three people and may send."""
    add_people(store, 3)
    SendingGuard(store, clock).ensure_may_send()
    return ScheduledBackups(store, EVERY, 2, tmp_path / "backups", (), clock)


def files(backups: ScheduledBackups) -> list[str]:
    return sorted(path.name for path in backups.folder.iterdir())


def states(store: Store) -> list[str]:
    with store.read() as session:
        return [str(one.state) for one in reversed(all_runs(session))]


def told(store: Store, clock: Clock) -> int:
    """How many messages about backups are new now."""
    with store.write() as session:
        found = [one for one in editor_events(session, clock()) if one.kind == "backup"]
        return note(session, found, [], clock(), webhook=True)


def test_one_is_made_when_it_is_due_and_the_oldest_go(
    backups: ScheduledBackups, lock: WorkerLock, clock: Clock
) -> None:
    made = []
    for _ in range(4):
        made.append(backups.run_due(lock))
        made.append(backups.run_due(lock))
        clock.on(hours=24)
    assert made == [True, False] * 4
    assert states(backups.store) == ["removed", "removed", "done", "done"]
    found = files(backups)
    assert [name[:27] for name in found] == [
        "digest-20261125T080000Z-" + found[0][24:27],
        "digest-20261126T080000Z-" + found[0][24:27],
    ]
    assert stat.S_IMODE(backups.folder.stat().st_mode) == 0o700
    last = verify_backup(backups.folder / found[1], backups.folder)
    assert (last.contents.people, last.wrong) == ({"active": 3}, ())


def test_two_workers_make_one(backups: ScheduledBackups, lock: WorkerLock, clock: Clock) -> None:
    with backups.store.write() as session:
        assert begin_run(session, None, clock(), instance="k", worker_id=lock.worker_id, file="f")
        assert not begin_run(session, None, clock(), instance="k", worker_id=1, file="f")
    with worker_lock(backups.store) as other:
        assert not backups.run_due(other), "the first is at it"


def test_what_a_dead_worker_began_is_failed_and_swept_up_and_told(
    backups: ScheduledBackups, lock: WorkerLock, clock: Clock
) -> None:
    with backups.store.write() as session:
        begin_run(session, None, clock(), instance="k", worker_id=99, file="digest-1.db")
    backups.folder.mkdir()
    (backups.folder / ".digest-1.db.0f.part").touch()
    (backups.folder / ".digest-1.db.1f.part").mkdir()
    assert not backups.run_due(lock)
    assert (states(backups.store), files(backups)) == (["failed"], [])
    assert told(backups.store, clock) == 1
    clock.on(hours=1)
    assert backups.run_due(lock), "tried again in an hour, not in a day"


def test_failures_in_a_row_are_told_once_and_the_old_backups_stay(
    backups: ScheduledBackups, lock: WorkerLock, clock: Clock
) -> None:
    for _ in range(2):
        assert backups.run_due(lock)
        clock.on(hours=24)
    kept = files(backups)
    away = backups.folder.with_name("away")
    backups.folder.rename(away)
    backups.folder.write_text("no folder")
    new = []
    for _ in range(5):
        assert not backups.run_due(lock)
        new.append(told(backups.store, clock))
        clock.on(hours=1)
    assert new == [1, 0, 0, 0, 0]
    assert sorted(path.name for path in away.iterdir()) == kept
    backups.folder.unlink()
    away.rename(backups.folder)
    assert backups.run_due(lock)
    assert told(backups.store, clock) == 0
    assert len(files(backups)) == 2
    clock.on(hours=24)
    backups.folder.rename(away)
    backups.folder.write_text("no folder")
    assert not backups.run_due(lock)
    assert told(backups.store, clock) == 1, "another failure, after one went well"


def test_the_message_names_what_failed_and_the_command_and_no_address(
    backups: ScheduledBackups, lock: WorkerLock, clock: Clock
) -> None:
    with backups.store.write() as session:
        add_editor(session, "ed@example.org", ["backup"], clock())
    backups.folder.write_text("no folder")
    backups.run_due(lock)
    with backups.store.read() as session:
        (event,) = editor_events(session, clock())
    text = " ".join(event.paragraphs)
    assert "File exists" in text
    assert "digest database backups" in text
    assert "@" not in text


def test_wrong_counts_are_told_and_no_old_backup_goes(
    backups: ScheduledBackups, lock: WorkerLock, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        backups.run_due(lock)
        clock.on(hours=24)
    monkeypatch.setattr("digest.backups.verify.wrong_counts", lambda _query: ["issue 1: 2 of 3"])
    assert backups.run_due(lock)
    assert len(files(backups)) == 3
    assert told(backups.store, clock) == 1
    with backups.store.read() as session:
        last = all_runs(session)[0]
    assert (last.state, last.note) == (
        BackupState.DONE,
        "it was made, but its counts are wrong: issue 1: 2 of 3",
    )


def test_a_store_that_is_held_makes_none_and_removes_nobody_elses(
    backups: ScheduledBackups, lock: WorkerLock, clock: Clock
) -> None:
    """A copy has the rows of the original's backups, and perhaps its folder."""
    for _ in range(2):
        backups.run_due(lock)
        clock.on(hours=24)
    with backups.store.write() as session:
        hold(session, BY_HAND, clock())
    assert not backups.run_due(lock)
    with backups.store.write() as session:
        instance = find_instance(session)
        assert instance is not None
        instance.held = ""
    for _ in range(3):
        assert backups.run_due(lock)
        clock.on(hours=24)
    assert states(backups.store) == ["done", "done", "removed", "done", "done"]
    assert len(files(backups)) == 4


def test_encrypted_where_a_recipient_is_set(
    backups: ScheduledBackups, lock: WorkerLock, clock: Clock
) -> None:
    identity = x25519.Identity.generate()
    encrypted = ScheduledBackups(
        backups.store, EVERY, 2, backups.folder, [identity.to_public()], clock
    )
    assert encrypted.run_due(lock)
    (name,) = files(encrypted)
    assert name.endswith(".db.age")
    assert verify_backup(encrypted.folder / name, encrypted.folder, [identity]).wrong == ()


def test_a_moment_that_a_wrong_clock_left_ahead_holds_up_nothing(
    backups: ScheduledBackups, lock: WorkerLock, clock: Clock
) -> None:
    clock.on(days=365)
    assert backups.run_due(lock)
    clock.on(days=-365)
    assert backups.run_due(lock)


def test_what_somebody_else_removed_does_not_stop_it(
    backups: ScheduledBackups, lock: WorkerLock, clock: Clock
) -> None:
    for _ in range(4):
        assert backups.run_due(lock)
        for path in backups.folder.iterdir():
            path.unlink()
        clock.on(hours=24)
    assert states(backups.store) == ["done"] * 4, "on another machine they may still be there"


def test_it_ends_where_its_row_went_meanwhile(
    backups: ScheduledBackups, lock: WorkerLock, clock: Clock
) -> None:
    """A restore may replace the rows while a backup is made."""
    with backups.store.write() as session:
        session.execute(update(Instance).values(held=""))
        number = begin_run(session, None, clock(), instance="k", worker_id=lock.worker_id, file="f")
        run = session.exec(select(BackupRun).where(col(BackupRun.number) == number)).one()
        session.delete(run)
    assert number == 1
    backups._fail(number, "x")
