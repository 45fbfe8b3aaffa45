"""Send tasks and maintenance: nobody is lost, whatever becomes of the tasks."""

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
from digest.queue.deferral import SCHEDULE_MARGIN
from digest.queue.tasks import RETRY_PAUSE_SECONDS
from tests.parts.world import add_approved, add_people


def test_an_issue_goes_out_through_send_tasks_and_leaves_no_job(deployment: Any) -> None:
    people = add_people(deployment.store, 95)
    number = add_approved(deployment.store)
    deployment.issues.start(number)
    deployment.work()
    assert sorted(deployment.provider.taken) == sorted(people)
    assert deployment.state(number) == "finished"
    with deployment.store.read() as session:
        for table in ("procrastinate_jobs", "procrastinate_events", "procrastinate_workers"):
            assert session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0


def test_send_tasks_too_many_find_nothing_and_end(deployment: Any) -> None:
    people = add_people(deployment.store, 30)
    number = add_approved(deployment.store)
    deployment.issues.start(number)
    with worker_lock(deployment.store) as here:
        assert deployment.sending.run(number, here).finished
    assert len(deployment.queued()) == 2
    deployment.work()
    assert deployment.queued() == []
    assert sorted(deployment.provider.taken) == sorted(people)


def test_one_task_makes_up_for_those_that_were_lost(deployment: Any) -> None:
    """A killed worker takes its send task with it; whoever ends a quota defers what is missing."""
    people = add_people(deployment.store, 95)
    number = add_approved(deployment.store)
    deployment.issues.start(number)
    with deployment.store.write() as session:
        session.execute(
            text(
                "DELETE FROM procrastinate_jobs WHERE id > (SELECT min(id) FROM procrastinate_jobs)"
            )
        )
    deployment.work()
    assert sorted(deployment.provider.taken) == sorted(people)
    assert deployment.state(number) == "finished"


def test_maintenance_makes_up_for_send_tasks_that_were_all_lost(deployment: Any) -> None:
    people = add_people(deployment.store, 95)
    number = add_approved(deployment.store)
    deployment.issues.start(number)
    with deployment.store.write() as session:
        session.execute(text("DELETE FROM procrastinate_jobs"))
    deployment.run_maintenance()
    assert len(deployment.queued()) == 5
    deployment.run_maintenance()
    assert len(deployment.queued()) == 5
    deployment.work()
    assert sorted(deployment.provider.taken) == sorted(people)


def test_a_retry_is_not_tried_before_its_minute_and_then_is(deployment: Any) -> None:
    people = add_people(deployment.store, 15)
    number = add_approved(deployment.store)
    deployment.provider.answer = _put_off
    deployment.issues.start(number)
    deployment.work()
    assert deployment.counts(number) == {"queued": 15}
    deployment.provider.answer = None
    deployment.work()
    deployment.run_maintenance()
    deployment.work()
    assert deployment.provider.taken == []
    deployment.go_on(minutes=3)
    deployment.work()
    assert sorted(deployment.provider.taken) == sorted(people)
    assert deployment.state(number) == "finished"


def test_a_scheduled_issue_starts_at_its_moment(deployment: Any) -> None:
    people = add_people(deployment.store, 15)
    number = add_approved(deployment.store)
    deployment.issues.schedule(number, deployment.clock.now + timedelta(hours=1))
    deployment.work()
    assert deployment.state(number) == "scheduled"
    deployment.go_on(hours=1, seconds=2)
    deployment.work()
    assert sorted(deployment.provider.taken) == sorted(people)


def test_the_task_of_a_changed_schedule_does_nothing(deployment: Any) -> None:
    people = add_people(deployment.store, 15)
    number = add_approved(deployment.store)
    deployment.issues.schedule(number, deployment.clock.now + timedelta(hours=1))
    deployment.issues.schedule(number, deployment.clock.now + timedelta(hours=5))
    deployment.go_on(hours=1, seconds=2)
    deployment.work()
    assert deployment.state(number) == "scheduled"
    assert len(deployment.queued()) == 1
    deployment.go_on(hours=4)
    deployment.work()
    assert sorted(deployment.provider.taken) == sorted(people)


def test_paused_and_cancelled_issues_end_their_send_tasks_without_sending(deployment: Any) -> None:
    people = add_people(deployment.store, 30)
    number = add_approved(deployment.store)
    deployment.issues.start(number)
    deployment.issues.pause(number)
    deployment.work()
    deployment.run_maintenance()
    assert deployment.queued() == []
    assert deployment.provider.taken == []
    deployment.issues.resume(number)
    deployment.work()
    assert sorted(deployment.provider.taken) == sorted(people)
    cancelled = add_approved(deployment.store)
    deployment.issues.start(cancelled)
    deployment.issues.cancel(cancelled)
    deployment.work()
    deployment.run_maintenance()
    assert deployment.queued() == []
    assert deployment.counts(cancelled) == {"queued": 30}


def test_a_pause_ends_a_send_task_with_what_is_claimed(deployment: Any) -> None:
    add_people(deployment.store, 95)
    number = add_approved(deployment.store)

    def pausing(personalization: Personalization) -> Outcome:
        if len(deployment.provider.taken) == 12:
            deployment.issues.pause(number)
        return Accepted(personalization.delivery_id, "r")

    deployment.provider.answer = pausing
    deployment.issues.start(number)
    deployment.work()
    assert deployment.counts(number) == {"queued": 65, "submitted": 30}
    assert deployment.queued() == []


def test_a_worker_told_to_stop_leaves_the_rest_of_its_quota(deployment: Any) -> None:
    people = add_people(deployment.store, 95)
    number = add_approved(deployment.store)

    def stopping(personalization: Personalization) -> Outcome:
        deployment.stop.set()
        return Accepted(personalization.delivery_id, "r")

    deployment.provider.answer = stopping
    deployment.issues.start(number)
    with worker_lock(deployment.store) as here:
        deployment.sending.run_quota(number, here, 20, should_stop=deployment.stop.is_set)
    assert deployment.counts(number) == {"queued": 85, "submitted": 10}
    deployment.stop.clear()
    deployment.provider.answer = None
    deployment.work()
    assert sorted(deployment.provider.taken) == sorted(people)


def test_a_task_whose_provider_is_away_comes_back(deployment: Any) -> None:
    people = add_people(deployment.store, 15)
    number = add_approved(deployment.store)

    def away(personalization: Personalization) -> Outcome:
        deployment.stop.set()  # so that the worker does not wait before its next task
        raise ProviderError("unreachable")

    deployment.provider.answer = away
    deployment.issues.start(number)
    deployment.work()
    (task,) = deployment.queued()
    assert (task["status"], task["attempts"]) == ("todo", 1)
    assert task["scheduled_at"] > deployment.clock.now + timedelta(seconds=RETRY_PAUSE_SECONDS)
    deployment.run_maintenance()
    assert len(deployment.queued()) == 1, "the send task that comes back counts"
    deployment.provider.answer = None
    deployment.stop.clear()
    deployment.go_on(minutes=1)
    deployment.work()
    assert sorted(deployment.provider.taken) == sorted(people)
    assert deployment.queued() == []


def test_altered_bytes_wait_for_an_editor_and_hold_nobody_up(deployment: Any) -> None:
    people = add_people(deployment.store, 15)
    altered, sound = add_approved(deployment.store), add_approved(deployment.store)
    deployment.issues.start(altered)
    deployment.issues.start(sound)
    with deployment.store.write() as session:
        session.execute(
            update(Variant).where(col(Variant.issue_number) == altered).values(html="altered")
        )
    deployment.work()
    assert sorted(deployment.provider.taken) == sorted(people)
    assert deployment.state(sound) == "finished"
    (task,) = deployment.queued()
    assert task["scheduled_at"] > deployment.clock.now + timedelta(minutes=5)


def test_what_limits_hold_back_has_one_task_for_when_they_clear(deployment: Any) -> None:
    """And not one after the other that finds nothing."""
    people = add_people(deployment.store, 95)
    number = add_approved(deployment.store)
    deployment.limit(Limit(per_day=40))
    deployment.issues.start(number)
    deployment.work()
    assert deployment.counts(number) == {"queued": 55, "submitted": 40}
    (task,) = deployment.queued()
    midnight = next_day(deployment.clock.now)
    assert task["scheduled_at"] == midnight + SCHEDULE_MARGIN
    deployment.run_maintenance()
    assert len(deployment.queued()) == 1
    deployment.go_on(seconds=(midnight - deployment.clock.now).total_seconds() + 2)
    deployment.limit(Limit())
    deployment.work()
    assert sorted(deployment.provider.taken) == sorted(people)


@pytest.mark.parametrize("state", ["sending", "paused", "cancelled"])
def test_maintenance_closes_what_the_dead_held(deployment: Any, state: str) -> None:
    add_people(deployment.store, 25)
    number = add_approved(deployment.store)
    deployment.issues.start(number)
    _claimed_by_a_dead_worker(deployment, number)
    if state == "paused":
        deployment.issues.pause(number)
    if state == "cancelled":
        deployment.issues.cancel(number)
    deployment.run_maintenance()
    assert deployment.counts(number) == {"queued": 15, "uncertain": 10}
    deployment.work()
    sent = {"uncertain": 10, "submitted": 15}
    assert deployment.counts(number) == (
        sent if state == "sending" else {"queued": 15, "uncertain": 10}
    )


def test_maintenance_finishes_an_issue_whose_last_worker_died_before_it_could(
    deployment: Any,
) -> None:
    add_people(deployment.store, 5)
    number = add_approved(deployment.store)
    deployment.issues.start(number)
    with deployment.store.write() as session:
        session.execute(update(Batch).values(state="done"))
        session.execute(update(Delivery).values(state="submitted"))
    deployment.run_maintenance()
    assert deployment.state(number) == "finished"


def test_maintenance_deletes_the_jobs_of_dead_workers(deployment: Any) -> None:
    """Nobody can tell how far they were, and nobody has to: what they were for is due still."""
    people = add_people(deployment.store, 15)
    number = add_approved(deployment.store)
    deployment.issues.start(number)
    with deployment.store.write() as session:
        session.execute(text("UPDATE procrastinate_jobs SET status = 'doing'"))
    deployment.run_maintenance()
    assert [one["status"] for one in deployment.queued()] == ["todo"]
    deployment.work()
    assert sorted(deployment.provider.taken) == sorted(people)


def test_maintenance_starts_a_scheduled_issue_whose_task_was_lost(deployment: Any) -> None:
    add_people(deployment.store, 15)
    number = add_approved(deployment.store)
    deployment.issues.schedule(number, deployment.clock.now + timedelta(hours=1))
    with deployment.store.write() as session:
        session.execute(text("DELETE FROM procrastinate_jobs"))
    deployment.clock.on(hours=2)
    deployment.run_maintenance()
    assert deployment.state(number) == "sending"
    assert len(deployment.queued()) == 1


def _put_off(personalization: Personalization) -> Outcome:
    return Rejected(personalization.delivery_id, permanent=False, code="451", detail="later")


def _claimed_by_a_dead_worker(deployment: Any, number: int) -> None:
    with deployment.store.write() as session:
        first = session.exec(select(Batch).where(Batch.issue_number == number)).first()
        assert first is not None
        first.state, first.claimed_by, first.claimed_at = (
            BatchState.SUBMITTING,
            12345,
            deployment.clock(),
        )
