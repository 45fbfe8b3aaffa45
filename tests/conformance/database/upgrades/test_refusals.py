"""An upgrade waits for who sends and changes nothing where it fails; other versions then refuse."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from digest.database import MIGRATIONS, ensure_current, revisions
from digest.deliver.instance import may_claim
from digest.deliver.ledger.claim import claim_batches
from digest.deliver.ledger.worker_lock import live_workers, worker_lock
from digest.pipeline.hold import SendingGuard
from digest.upgrades import perform
from digest.upgrades.perform import (
    BackupFirst,
    UpgradeRefusedError,
    ensure_nobody_sends,
    pending_steps,
    perform_upgrade,
)
from digest.upgrades.watch import SchemaWatch
from store.engine import Store, StoreError
from tests.conformance.database.pipeline.test_hold import started, states
from tests.parts.past_schemas import make_past
from tests.parts.world import NOW, Clock, Recorder

BEFORE = revisions()[-2]


def set_revision(store: Store, revision: str) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :n"), {"n": revision})


def test_while_a_worker_sends_it_is_refused_in_one_line_and_waits_if_asked_to(
    empty: Store,
) -> None:
    make_past(empty, BEFORE)
    pauses: list[float] = []
    with worker_lock(empty):
        assert live_workers(empty) == 1
        for refused_by in (ensure_nobody_sends, lambda store: perform_upgrade(store, None)):
            with pytest.raises(UpgradeRefusedError, match=r"issue 2 is being sent.*--wait") as no:
                refused_by(empty)
            assert "\n" not in str(no.value)
        assert pending_steps(empty) is not None

        def end(seconds: float) -> None:
            pauses.append(seconds)
            with empty.engine.begin() as connection:
                connection.execute(text("UPDATE batch SET state = 'done', claimed_by = NULL"))
                connection.execute(text("UPDATE issue SET state = 'paused' WHERE number = 2"))
                if len(pauses) == 2:
                    connection.execute(text("UPDATE letter SET state = 'failed'"))

        ensure_nobody_sends(empty, end, wait=True)
        assert len(pauses) == 2, "first the issue, then the letter"
        perform_upgrade(empty, None)
    assert pending_steps(empty) is None


def test_a_dead_worker_holds_up_nothing(empty: Store) -> None:
    make_past(empty, BEFORE)
    ensure_nobody_sends(empty)


def test_without_room_for_the_backup_nothing_is_upgraded(empty: Store, tmp_path: Path) -> None:
    make_past(empty, BEFORE)
    folder = tmp_path / "backups"
    folder.write_text("no folder")
    with pytest.raises(UpgradeRefusedError, match=r"nothing was upgraded.*--no-backup.*exists"):
        perform_upgrade(empty, BackupFirst(folder, (), NOW))
    assert pending_steps(empty) is not None


def test_a_migration_that_would_lose_a_row_is_undone(
    empty: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_past(empty, BEFORE)
    real = perform.migrate

    def losing(connection: object) -> None:
        real(connection)  # type: ignore[arg-type]
        connection.execute(text("DELETE FROM consent WHERE id = 1"))  # type: ignore[attr-defined]

    monkeypatch.setattr(perform, "migrate", losing)
    with pytest.raises(UpgradeRefusedError, match="consent had 12 rows and would have 11"):
        perform_upgrade(empty, None)
    with empty.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM consent")).scalar_one() == 12
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == (
            BEFORE
        )


def test_a_worker_of_the_version_before_claims_nothing_once_the_store_is_upgraded(
    store: Store,
) -> None:
    ensure_current(store)
    SendingGuard(store, Clock()).ensure_may_send()
    number = started(store, Recorder(), Clock())
    before = states(store)
    set_revision(store, "9999")
    with store.write() as session:
        assert not may_claim(session)
        assert claim_batches(session, number, 78, NOW) == []
    assert states(store) == before
    set_revision(store, revisions()[-1])
    with store.write() as session:
        assert claim_batches(session, number, 78, NOW)


@pytest.mark.parametrize(
    ("revision", "line"),
    [("9999", "is from a newer version"), ("0001", "is from an older version")],
)
def test_a_process_of_another_version_ends_with_one_line(
    store: Store, revision: str, line: str
) -> None:
    stop = threading.Event()
    with SchemaWatch(store, stop, seconds=0.01) as watch:
        assert watch.check()
        set_revision(store, revision)
        assert stop.wait(30)
    assert line in watch.line
    assert "\n" not in watch.line
    with pytest.raises(StoreError, match=line):
        ensure_current(store)


def test_every_migration_says_in_a_line_what_it_does() -> None:
    for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"):
        assert len(perform._title(path.name[:4])) > 10
