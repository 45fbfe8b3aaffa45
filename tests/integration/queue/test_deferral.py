"""Permits commit or roll back with what they are for, and there are as many as there are shares."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from digest.deliver.providers.base import Outcome, Rejected
from digest.deliver.tables import Batch, DeliveryState
from digest.message.personalization import Personalization
from digest.queue.deferral import MARGIN
from tests.parts.world import add_approved, add_people


class Stop(Exception):  # noqa: N818 - a test's own
    pass


@pytest.mark.parametrize(("people", "send_tasks"), [(1, 1), (20, 1), (21, 2), (40, 2), (95, 5)])
def test_starting_an_issue_leaves_a_permit_a_share(yard: Any, people: int, send_tasks: int) -> None:
    add_people(yard.store, people)
    number = add_approved(yard.store)
    yard.issues.start(number)
    assert [one["number"] for one in yard.queued()] == [number] * send_tasks


def test_a_start_that_rolls_back_leaves_no_permit(yard: Any) -> None:
    """The permits go over the same transaction as the batches."""
    add_people(yard.store, 95)
    number = add_approved(yard.store)
    notified = 0

    def notify_and_stop(*given: Any) -> None:
        nonlocal notified
        yard.send_tasks(*given)
        notified += 1
        raise Stop

    object.__setattr__(yard.issues, "notify_workers", notify_and_stop)
    with pytest.raises(Stop):
        yard.issues.start(number)
    assert notified == 1
    assert yard.queued() == []
    with yard.store.read() as session:
        assert not session.exec(select(Batch)).all()
    assert yard.state(number) == "approved"


def test_resuming_makes_up_what_is_missing_and_no_more(yard: Any) -> None:
    add_people(yard.store, 95)
    number = add_approved(yard.store)
    yard.issues.start(number)
    yard.issues.pause(number)
    yard.issues.resume(number)
    assert len(yard.queued()) == 5
    yard.issues.pause(number)
    yard.work()
    assert yard.queued() == []
    yard.issues.resume(number)
    assert len(yard.queued()) == 5


def test_a_resend_leaves_permits(yard: Any) -> None:
    people = add_people(yard.store, 25)
    number = add_approved(yard.store)
    yard.provider.answer = _refused_for_good
    yard.issues.start(number)
    yard.work()
    assert yard.counts(number) == {"failed": 25}
    assert yard.queued() == []
    assert yard.issues.resend(number, [DeliveryState.UNCERTAIN]) == 0
    assert yard.queued() == []
    yard.provider.answer = None
    yard.issues.resend(number, [DeliveryState.FAILED])
    assert len(yard.queued()) == 2
    yard.work()
    assert sorted(yard.provider.taken) == sorted(people)
    assert yard.state(number) == "finished"


@pytest.mark.parametrize("second", [5, 53])
def test_a_retry_leaves_one_permit_for_the_minute_it_is_due(yard: Any, second: int) -> None:
    """Retries are spread, so that they may be due in two minutes: one for each then."""
    yard.clock.now = yard.clock.now.replace(second=second)
    add_people(yard.store, 60)
    number = add_approved(yard.store)
    yard.provider.answer = _put_off
    yard.issues.start(number)
    yard.work()
    with yard.store.read() as session:
        due = {one.not_before for one in session.exec(select(Batch)) if one.not_before}
    assert 1 <= len(due) <= 2
    assert sorted(one["scheduled_at"] for one in yard.queued()) == sorted(
        one + MARGIN for one in due
    )


def test_a_schedule_leaves_a_permit_for_its_moment(yard: Any) -> None:
    add_people(yard.store, 1)
    number = add_approved(yard.store)
    at = yard.clock.now + timedelta(hours=3)
    yard.issues.schedule(number, at)
    (permit,) = yard.queued()
    assert permit["scheduled_at"] == at + MARGIN


def test_the_issue_that_had_fewer_shares_goes_first(yard: Any) -> None:
    """A small issue does not wait until a large one is through, nor the other way round."""
    add_people(yard.store, 60)
    large, small = add_approved(yard.store), add_approved(yard.store)
    yard.issues.start(large)
    yard.issues.start(small)
    assert [one["number"] for one in yard.queued()] == [large, small, large, small, large, small]


def _refused_for_good(personalization: Personalization) -> Outcome:
    return Rejected(personalization.delivery_id, permanent=True, code="554", detail="no")


def _put_off(personalization: Personalization) -> Outcome:
    return Rejected(personalization.delivery_id, permanent=False, code="451", detail="later")
