"""Send tasks commit or roll back with their batches, one for each quota of recipients."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from digest.deliver.providers.base import Accepted, Outcome, Rejected
from digest.deliver.tables import Batch, DeliveryState
from digest.message.personalization import Personalization
from digest.queue.deferral import SCHEDULE_MARGIN
from tests.parts.world import add_approved, add_people


class Stop(Exception):  # noqa: N818 - a test's own
    pass


@pytest.mark.parametrize(("people", "send_tasks"), [(1, 1), (20, 1), (21, 2), (40, 2), (95, 5)])
def test_starting_an_issue_defers_one_task_per_quota(
    deployment: Any, people: int, send_tasks: int
) -> None:
    add_people(deployment.store, people)
    number = add_approved(deployment.store)
    deployment.issues.start(number)
    assert [one["number"] for one in deployment.queued()] == [number] * send_tasks


def test_a_start_that_rolls_back_defers_no_task(deployment: Any) -> None:
    """The send tasks go over the same transaction as the batches."""
    add_people(deployment.store, 95)
    number = add_approved(deployment.store)
    notified = 0

    def notify_and_stop(*given: Any) -> None:
        nonlocal notified
        deployment.send_tasks(*given)
        notified += 1
        raise Stop

    object.__setattr__(deployment.issues, "notify_workers", notify_and_stop)
    with pytest.raises(Stop):
        deployment.issues.start(number)
    assert notified == 1
    assert deployment.queued() == []
    with deployment.store.read() as session:
        assert not session.exec(select(Batch)).all()
    assert deployment.state(number) == "approved"


def test_resuming_makes_up_what_is_missing_and_no_more(deployment: Any) -> None:
    add_people(deployment.store, 95)
    number = add_approved(deployment.store)
    deployment.issues.start(number)
    deployment.issues.pause(number)
    deployment.issues.resume(number)
    assert len(deployment.queued()) == 5
    deployment.issues.pause(number)
    deployment.work()
    assert deployment.queued() == []
    deployment.issues.resume(number)
    assert len(deployment.queued()) == 5


def test_a_resend_defers_send_tasks(deployment: Any) -> None:
    people = add_people(deployment.store, 25)
    number = add_approved(deployment.store)
    deployment.provider.answer = _refused_for_good
    deployment.issues.start(number)
    deployment.work()
    assert deployment.counts(number) == {"submitted": 17, "failed": 8}
    assert deployment.queued() == []
    assert deployment.issues.resend(number, [DeliveryState.UNCERTAIN]) == 0
    assert deployment.queued() == []
    deployment.provider.answer = None
    deployment.issues.resend(number, [DeliveryState.FAILED])
    assert len(deployment.queued()) == 1
    deployment.work()
    assert sorted(deployment.provider.taken) == sorted(people)
    assert deployment.state(number) == "finished"


@pytest.mark.parametrize("second", [5, 53])
def test_a_retry_defers_one_task_for_the_minute_it_is_due(deployment: Any, second: int) -> None:
    """Retries are spread, so that they may be due in two minutes: one for each then."""
    deployment.clock.now = deployment.clock.now.replace(second=second)
    add_people(deployment.store, 60)
    number = add_approved(deployment.store)
    deployment.provider.answer = _put_off
    deployment.issues.start(number)
    deployment.work()
    with deployment.store.read() as session:
        due = {one.not_before for one in session.exec(select(Batch)) if one.not_before}
    assert 1 <= len(due) <= 2
    assert sorted(one["scheduled_at"] for one in deployment.queued()) == sorted(
        one + SCHEDULE_MARGIN for one in due
    )


def test_a_schedule_defers_a_task_for_its_moment(deployment: Any) -> None:
    add_people(deployment.store, 1)
    number = add_approved(deployment.store)
    at = deployment.clock.now + timedelta(hours=3)
    deployment.issues.schedule(number, at)
    (task,) = deployment.queued()
    assert task["scheduled_at"] == at + SCHEDULE_MARGIN


def test_the_issue_that_had_fewer_tasks_goes_first(deployment: Any) -> None:
    """A small issue does not wait until a large one is through, nor the other way round."""
    add_people(deployment.store, 60)
    large, small = add_approved(deployment.store), add_approved(deployment.store)
    deployment.issues.start(large)
    deployment.issues.start(small)
    assert [one["number"] for one in deployment.queued()] == [
        large,
        small,
        large,
        small,
        large,
        small,
    ]


def _refused_for_good(personalization: Personalization) -> Outcome:
    """Refuses every third recipient: fewer than would hold the issue."""
    if personalization.delivery_id % 3:
        return Accepted(personalization.delivery_id, "r")
    return Rejected(personalization.delivery_id, permanent=True, code="554", detail="no")


def _put_off(personalization: Personalization) -> Outcome:
    return Rejected(personalization.delivery_id, permanent=False, code="451", detail="later")
