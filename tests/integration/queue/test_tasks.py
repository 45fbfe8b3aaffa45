"""What a worker does for a permit, and in its round: nobody lost whatever becomes of permits."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import col, select, update

from digest.deliver.ledger.worker_lock import worker_lock
from digest.deliver.providers.base import Accepted, Outcome, ProviderError, Rejected
from digest.deliver.rate_limit.limits import Limit
from digest.deliver.rate_limit.token_bucket import next_day
from digest.deliver.tables import Batch, BatchState, Delivery
from digest.issues.tables import Variant
from digest.message.personalization import Personalization
from digest.queue.deferral import MARGIN
from digest.queue.tasks import FAULT_SECONDS
from tests.parts.world import add_approved, add_people


def test_an_issue_goes_out_through_permits_and_leaves_no_job(yard: Any) -> None:
    people = add_people(yard.store, 95)
    number = add_approved(yard.store)
    yard.issues.start(number)
    yard.work()
    assert sorted(yard.provider.taken) == sorted(people)
    assert yard.state(number) == "finished"
    with yard.store.read() as session:
        for table in ("procrastinate_jobs", "procrastinate_events", "procrastinate_workers"):
            assert session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0


def test_permits_too_many_find_nothing_and_end(yard: Any) -> None:
    people = add_people(yard.store, 30)
    number = add_approved(yard.store)
    yard.issues.start(number)
    with worker_lock(yard.store) as here:
        assert yard.sending.run(number, here).finished
    assert len(yard.queued()) == 2
    yard.work()
    assert yard.queued() == []
    assert sorted(yard.provider.taken) == sorted(people)


def test_one_permit_makes_up_for_those_that_were_lost(yard: Any) -> None:
    """A killed worker takes its permit with it; whoever ends a share leaves what is missing."""
    people = add_people(yard.store, 95)
    number = add_approved(yard.store)
    yard.issues.start(number)
    with yard.store.write() as session:
        session.execute(
            text(
                "DELETE FROM procrastinate_jobs WHERE id > (SELECT min(id) FROM procrastinate_jobs)"
            )
        )
    yard.work()
    assert sorted(yard.provider.taken) == sorted(people)
    assert yard.state(number) == "finished"


def test_the_round_makes_up_for_permits_that_were_all_lost(yard: Any) -> None:
    people = add_people(yard.store, 95)
    number = add_approved(yard.store)
    yard.issues.start(number)
    with yard.store.write() as session:
        session.execute(text("DELETE FROM procrastinate_jobs"))
    yard.round()
    assert len(yard.queued()) == 5
    yard.round()
    assert len(yard.queued()) == 5
    yard.work()
    assert sorted(yard.provider.taken) == sorted(people)


def test_a_retry_is_not_tried_before_its_minute_and_then_is(yard: Any) -> None:
    people = add_people(yard.store, 15)
    number = add_approved(yard.store)
    yard.provider.answer = _put_off
    yard.issues.start(number)
    yard.work()
    assert yard.counts(number) == {"queued": 15}
    yard.provider.answer = None
    yard.work()
    yard.round()
    yard.work()
    assert yard.provider.taken == []
    yard.go_on(minutes=3)
    yard.work()
    assert sorted(yard.provider.taken) == sorted(people)
    assert yard.state(number) == "finished"


def test_a_scheduled_issue_starts_at_its_moment(yard: Any) -> None:
    people = add_people(yard.store, 15)
    number = add_approved(yard.store)
    yard.issues.schedule(number, yard.clock.now + timedelta(hours=1))
    yard.work()
    assert yard.state(number) == "scheduled"
    yard.go_on(hours=1, seconds=2)
    yard.work()
    assert sorted(yard.provider.taken) == sorted(people)


def test_the_permit_of_a_moved_schedule_does_nothing(yard: Any) -> None:
    people = add_people(yard.store, 15)
    number = add_approved(yard.store)
    yard.issues.schedule(number, yard.clock.now + timedelta(hours=1))
    yard.issues.schedule(number, yard.clock.now + timedelta(hours=5))
    yard.go_on(hours=1, seconds=2)
    yard.work()
    assert yard.state(number) == "scheduled"
    assert len(yard.queued()) == 1
    yard.go_on(hours=4)
    yard.work()
    assert sorted(yard.provider.taken) == sorted(people)


def test_paused_and_cancelled_issues_use_permits_up_without_sending(yard: Any) -> None:
    people = add_people(yard.store, 30)
    number = add_approved(yard.store)
    yard.issues.start(number)
    yard.issues.pause(number)
    yard.work()
    yard.round()
    assert yard.queued() == []
    assert yard.provider.taken == []
    yard.issues.resume(number)
    yard.work()
    assert sorted(yard.provider.taken) == sorted(people)
    cancelled = add_approved(yard.store)
    yard.issues.start(cancelled)
    yard.issues.cancel(cancelled)
    yard.work()
    yard.round()
    assert yard.queued() == []
    assert yard.counts(cancelled) == {"queued": 30}


def test_a_pause_ends_a_share_with_what_is_claimed(yard: Any) -> None:
    add_people(yard.store, 95)
    number = add_approved(yard.store)

    def pausing(personalization: Personalization) -> Outcome:
        if len(yard.provider.taken) == 12:
            yard.issues.pause(number)
        return Accepted(personalization.delivery_id, "r")

    yard.provider.answer = pausing
    yard.issues.start(number)
    yard.work()
    assert yard.counts(number) == {"queued": 65, "submitted": 30}
    assert yard.queued() == []


def test_a_worker_told_to_stop_hands_its_share_back(yard: Any) -> None:
    people = add_people(yard.store, 95)
    number = add_approved(yard.store)

    def stopping(personalization: Personalization) -> Outcome:
        yard.stop.set()
        return Accepted(personalization.delivery_id, "r")

    yard.provider.answer = stopping
    yard.issues.start(number)
    with worker_lock(yard.store) as here:
        yard.sending.run_quota(number, here, 20, should_stop=yard.stop.is_set)
    assert yard.counts(number) == {"queued": 85, "submitted": 10}
    yard.stop.clear()
    yard.provider.answer = None
    yard.work()
    assert sorted(yard.provider.taken) == sorted(people)


def test_a_permit_whose_provider_is_away_comes_back(yard: Any) -> None:
    people = add_people(yard.store, 15)
    number = add_approved(yard.store)

    def away(personalization: Personalization) -> Outcome:
        yard.stop.set()  # so that the worker does not wait before its next permit
        raise ProviderError("unreachable")

    yard.provider.answer = away
    yard.issues.start(number)
    yard.work()
    (permit,) = yard.queued()
    assert (permit["status"], permit["attempts"]) == ("todo", 1)
    assert permit["scheduled_at"] > yard.clock.now + timedelta(seconds=FAULT_SECONDS)
    yard.round()
    assert len(yard.queued()) == 1, "the permit that comes back counts"
    yard.provider.answer = None
    yard.stop.clear()
    yard.go_on(minutes=1)
    yard.work()
    assert sorted(yard.provider.taken) == sorted(people)
    assert yard.queued() == []


def test_altered_bytes_wait_for_an_editor_and_hold_nobody_up(yard: Any) -> None:
    people = add_people(yard.store, 15)
    altered, sound = add_approved(yard.store), add_approved(yard.store)
    yard.issues.start(altered)
    yard.issues.start(sound)
    with yard.store.write() as session:
        session.execute(
            update(Variant).where(col(Variant.issue_number) == altered).values(html="altered")
        )
    yard.work()
    assert sorted(yard.provider.taken) == sorted(people)
    assert yard.state(sound) == "finished"
    (permit,) = yard.queued()
    assert permit["scheduled_at"] > yard.clock.now + timedelta(minutes=5)


def test_what_limits_keep_back_has_one_permit_for_when_they_let_go(yard: Any) -> None:
    """And not one after the other that finds nothing."""
    people = add_people(yard.store, 95)
    number = add_approved(yard.store)
    yard.limit(Limit(per_day=40))
    yard.issues.start(number)
    yard.work()
    assert yard.counts(number) == {"queued": 55, "submitted": 40}
    (permit,) = yard.queued()
    midnight = next_day(yard.clock.now)
    assert permit["scheduled_at"] == midnight + MARGIN
    yard.round()
    assert len(yard.queued()) == 1
    yard.go_on(seconds=(midnight - yard.clock.now).total_seconds() + 2)
    yard.limit(Limit())
    yard.work()
    assert sorted(yard.provider.taken) == sorted(people)


@pytest.mark.parametrize("state", ["sending", "paused", "cancelled"])
def test_the_round_closes_what_the_dead_held(yard: Any, state: str) -> None:
    add_people(yard.store, 25)
    number = add_approved(yard.store)
    yard.issues.start(number)
    _claimed_by_a_dead_worker(yard, number)
    if state == "paused":
        yard.issues.pause(number)
    if state == "cancelled":
        yard.issues.cancel(number)
    yard.round()
    assert yard.counts(number) == {"queued": 15, "uncertain": 10}
    yard.work()
    sent = {"uncertain": 10, "submitted": 15}
    assert yard.counts(number) == (sent if state == "sending" else {"queued": 15, "uncertain": 10})


def test_the_round_finishes_an_issue_whose_last_worker_died_before_it_could(yard: Any) -> None:
    add_people(yard.store, 5)
    number = add_approved(yard.store)
    yard.issues.start(number)
    with yard.store.write() as session:
        session.execute(update(Batch).values(state="done"))
        session.execute(update(Delivery).values(state="submitted"))
    yard.round()
    assert yard.state(number) == "finished"


def test_the_round_sweeps_jobs_that_dead_workers_left(yard: Any) -> None:
    """Nobody can tell how far they were, and nobody has to: what they were for is due still."""
    people = add_people(yard.store, 15)
    number = add_approved(yard.store)
    yard.issues.start(number)
    with yard.store.write() as session:
        session.execute(text("UPDATE procrastinate_jobs SET status = 'doing'"))
    yard.round()
    assert [one["status"] for one in yard.queued()] == ["todo"]
    yard.work()
    assert sorted(yard.provider.taken) == sorted(people)


def test_the_round_starts_a_scheduled_issue_whose_permit_was_lost(yard: Any) -> None:
    add_people(yard.store, 15)
    number = add_approved(yard.store)
    yard.issues.schedule(number, yard.clock.now + timedelta(hours=1))
    with yard.store.write() as session:
        session.execute(text("DELETE FROM procrastinate_jobs"))
    yard.clock.on(hours=2)
    yard.round()
    assert yard.state(number) == "sending"
    assert len(yard.queued()) == 1


def _put_off(personalization: Personalization) -> Outcome:
    return Rejected(personalization.delivery_id, permanent=False, code="451", detail="later")


def _claimed_by_a_dead_worker(yard: Any, number: int) -> None:
    with yard.store.write() as session:
        first = session.exec(select(Batch).where(Batch.issue_number == number)).first()
        assert first is not None
        first.state, first.claimed_by, first.claimed_at = BatchState.SUBMITTING, 12345, yard.clock()
        session.execute(
            update(Delivery)
            .where(col(Delivery.issue_number) == number, col(Delivery.batch_position) == 0)
            .values(state="submitting")
        )
