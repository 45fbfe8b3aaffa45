"""A store of each released schema, in mid-send and scheduled, is upgraded and goes on."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import select

from digest.backups.contents import wrong_counts
from digest.backups.verify import verify_backup
from digest.database import revisions, schema_drift
from digest.deliver.ledger.state_counts import recount
from digest.deliver.ledger.submitting import reported_state
from digest.deliver.ledger.worker_lock import worker_lock
from digest.deliver.tables import Delivery, DeliveryState
from digest.issues.tables import Issue, IssueState
from digest.upgrades.perform import BackupFirst, pending_steps, perform_upgrade, try_upgrade
from store.engine import Store
from tests.parts.past_schemas import (
    BATCH,
    PEOPLE,
    SCHEDULED,
    SCHEDULED_FOR,
    SENDING,
    STATES,
    emails,
    make_past,
)
from tests.parts.world import NOW, Clock, Recorder, issue_service, sending

PAST = revisions()[:-1]


def states_of(store: Store, number: int) -> list[str]:
    with store.read() as session:
        return sorted(
            session.exec(select(reported_state()).where(Delivery.issue_number == number)).all()
        )


def issue_states(store: Store) -> list[str]:
    with store.read() as session:
        return list(session.exec(select(Issue.state).order_by(text("number"))).all())


@pytest.mark.parametrize("revision", PAST)
def test_it_is_upgraded_with_every_row_and_nobody_is_mailed_twice_nor_lost(
    empty: Store, revision: str
) -> None:
    make_past(empty, revision)
    done = perform_upgrade(empty, None)
    assert [step.revision for step in done.steps] == revisions()[revisions().index(revision) + 1 :]
    assert all(step.title for step in done.steps)
    assert pending_steps(empty) is None
    assert done.counts["delivery"] == 2 * PEOPLE
    assert issue_states(empty) == ["finished", "sending", "scheduled"]
    assert states_of(empty, SENDING) == sorted(STATES[SENDING])
    with empty.engine.connect() as connection:
        assert wrong_counts(lambda query: connection.execute(text(query)).all()) == []
    goes_on(empty)


def test_what_was_being_submitted_in_a_batch_that_nobody_held_is_uncertain(empty: Store) -> None:
    """No version leaves such a delivery; where there is one it was never counted nor ended."""
    make_past(empty, "0032")
    with empty.write() as session:
        session.execute(
            text(
                "INSERT INTO delivery_count (issue_number, state, amount) SELECT issue_number, "
                "state, count(*) FROM delivery GROUP BY issue_number, state"
            )
        )
        session.execute(
            text(
                "UPDATE batch SET state = 'done', claimed_by = NULL, claimed_at = NULL "
                "WHERE state = 'submitting'"
            )
        )
    perform_upgrade(empty, None)
    assert states_of(empty, SENDING) == sorted(
        ["submitted"] * BATCH + ["uncertain"] * BATCH + ["queued"] * BATCH
    )
    assert recount(empty) == {}


@pytest.mark.parametrize("revision", [PAST[0], "0012", "0023"])
def test_the_backup_before_it_holds_what_was_there(
    empty: Store, revision: str, tmp_path: Path
) -> None:
    make_past(empty, revision)
    done = perform_upgrade(empty, BackupFirst(tmp_path / "backups", (), NOW))
    assert schema_drift(empty) == []
    assert done.backup is not None
    assert done.backup.name == f"before-{revisions()[-1]}-20261123T080000Z.db"
    saved = verify_backup(done.backup, tmp_path)
    assert (saved.revision, saved.wrong) == (revision, ())
    assert saved.contents.deliveries == {
        "delivered": PEOPLE, "queued": 2 * BATCH, "submitted": BATCH,
    }  # fmt: skip


def goes_on(store: Store) -> None:
    """Send what is open to the end: who waited gets it, who was in flight is in doubt."""
    provider, clock = Recorder(), Clock(NOW + timedelta(hours=1))
    with worker_lock(store) as lock:
        sending(store, provider, clock).run(SENDING, lock)
        assert provider.taken == emails()[2 * BATCH :]
        assert states_of(store, SENDING) == (
            [DeliveryState.SUBMITTED] * 2 * BATCH + [DeliveryState.UNCERTAIN] * BATCH
        )
        provider.taken.clear()
        clock.now = SCHEDULED_FOR
        issue_service(store, provider, clock).start(SCHEDULED)
        sending(store, provider, clock).run(SCHEDULED, lock)
    assert sorted(provider.taken) == sorted(emails())
    assert issue_states(store) == [IssueState.FINISHED] * 3


@pytest.mark.parametrize("revision", [PAST[0], PAST[-1]])
def test_tried_it_says_what_it_would_do_and_changes_nothing(
    empty: Store, revision: str, tmp_path: Path
) -> None:
    make_past(empty, revision)
    before = sorted(path.name for path in tmp_path.iterdir())
    tried = try_upgrade(empty, NOW)
    assert (tried.before, tried.steps[-1].revision) == (revision, revisions()[-1])
    assert tried.counts["subscriber"] == PEOPLE
    assert pending_steps(empty) == (revision, list(tried.steps))
    assert sorted(path.name for path in tmp_path.iterdir()) == before
