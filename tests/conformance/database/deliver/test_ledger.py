"""The ledger's promises, on both databases: nobody lost, nobody twice, counts that add up."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta

import pytest
from sqlmodel import select

from digest.deliver.bounce_policy.failure import Cause, Failure, FailureClass
from digest.deliver.ledger.claim import claim_batches
from digest.deliver.ledger.finish import count_deliveries
from digest.deliver.ledger.release import close_batches
from digest.deliver.ledger.settle import settle
from digest.deliver.ledger.submitting import reported_state
from digest.deliver.ledger.worker_lock import worker_lock
from digest.deliver.providers.base import (
    NO_JOURNAL,
    Accepted,
    Journal,
    Outcome,
    ProviderError,
    Rejected,
    Unknown,
    never,
)
from digest.deliver.retry import MAX_ATTEMPTS
from digest.deliver.tables import Attempt, Delivery
from digest.issues.lifecycle import IssueError, find_issue
from digest.issues.tables import IssueState
from digest.message.edition import Edition
from digest.message.personalization import Personalization
from store.engine import Store
from subscribers.tables import Subscriber, SubscriberStatus, Suppression
from tests.parts.world import NOW, Clock, Recorder, add_approved, add_people, issue_service, sending

DEAD = Failure(FailureClass.HARD, Cause.NO_MAILBOX)


def test_everybody_active_gets_it_once_and_the_issue_is_finished(
    store: Store, clock: Clock
) -> None:
    people = add_people(store, 37)
    add_people(store, 3, SubscriberStatus.UNSUBSCRIBED)
    add_people(store, 2, SubscriberStatus.PENDING)
    number = add_approved(store)
    provider = Recorder()
    assert issue_service(store, provider, clock).start(number) == 37
    with worker_lock(store) as here:
        progress = sending(store, provider, clock).run(number, here)
    assert sorted(provider.taken) == sorted(people)
    assert progress.finished
    assert progress.counts["submitted"] == 37
    with store.read() as session:
        issue = find_issue(session, number)
        assert (issue.state, issue.audience) == (IssueState.FINISHED, 37)


def test_the_audience_is_frozen_once(store: Store, clock: Clock) -> None:
    add_people(store, 5)
    number = add_approved(store)
    issue_service(store, Recorder(), clock).start(number)
    add_people(store, 5)
    with pytest.raises(IssueError, match="sending already"):
        issue_service(store, Recorder(), clock).start(number)
    with store.read() as session:
        assert sum(count_deliveries(session, number).values()) == 5


def test_an_empty_list_is_refused_and_the_issue_stays_approved(store: Store, clock: Clock) -> None:
    number = add_approved(store)
    with pytest.raises(IssueError, match="no active subscriber"):
        issue_service(store, Recorder(), clock).start(number)
    with store.read() as session:
        assert find_issue(session, number).state == IssueState.APPROVED


def test_who_leaves_after_the_freeze_is_not_mailed(store: Store, clock: Clock) -> None:
    people = add_people(store, 12)
    number = add_approved(store)
    provider = Recorder()
    issue_service(store, provider, clock).start(number)
    with store.write() as session:
        left = session.exec(select(Subscriber).where(Subscriber.email == people[3])).one()
        left.status = SubscriberStatus.UNSUBSCRIBED
        session.add(left)
        hashed = session.exec(select(Subscriber).where(Subscriber.email == people[7])).one()
        session.add(Suppression(address_hash=hashed.address_hash, reason="by_hand", at=NOW))
        session.delete(session.exec(select(Subscriber).where(Subscriber.email == people[9])).one())
    with worker_lock(store) as here:
        progress = sending(store, provider, clock).run(number, here)
    assert not {people[3], people[7], people[9]} & set(provider.taken)
    assert progress.finished
    assert (progress.counts["submitted"], progress.counts["suppressed"]) == (9, 3)


def test_submitting_is_committed_before_the_provider_is_called(store: Store, clock: Clock) -> None:
    add_people(store, 3)
    number = add_approved(store)
    seen: list[str] = []

    def look(personalization: Personalization) -> Outcome:
        with store.read() as session:
            state = select(reported_state()).where(Delivery.id == personalization.delivery_id)
            seen.append(session.execute(state).scalar_one())
        return Accepted(personalization.delivery_id, "r")

    provider = Recorder(answer=look)
    issue_service(store, provider, clock).start(number)
    with worker_lock(store) as here:
        sending(store, provider, clock).run(number, here)
    assert seen == ["submitting"] * 3


def test_a_permanent_rejection_fails_and_a_bad_address_is_suppressed(
    store: Store, clock: Clock
) -> None:
    people = add_people(store, 3)

    def answer(personalization: Personalization) -> Outcome:
        if personalization.email == people[0]:
            return Rejected(personalization.delivery_id, True, "550 5.1.1", "no such user", DEAD)
        if personalization.email == people[1]:
            return Rejected(personalization.delivery_id, True, "552 5.2.2", "mailbox full")
        return Accepted(personalization.delivery_id, "r")

    number = add_approved(store)
    provider = Recorder(answer=answer)
    issue_service(store, provider, clock).start(number)
    with worker_lock(store) as here:
        progress = sending(store, provider, clock).run(number, here)
    assert (progress.counts["failed"], progress.counts["submitted"]) == (2, 1)
    with store.read() as session:
        assert len(session.exec(select(Suppression)).all()) == 1
        statuses = dict(session.exec(select(Subscriber.email, Subscriber.status)).all())
    assert statuses[people[0]] == SubscriberStatus.BOUNCED
    assert statuses[people[1]] == SubscriberStatus.ACTIVE


def test_a_transient_rejection_is_retried_later_and_only_for_those_rejected(
    store: Store, clock: Clock
) -> None:
    people = add_people(store, 4)
    busy = {people[1]}

    def answer(personalization: Personalization) -> Outcome:
        if personalization.email in busy:
            return Rejected(personalization.delivery_id, False, "451 4.7.0", "later")
        return Accepted(personalization.delivery_id, "r")

    number = add_approved(store)
    provider = Recorder(answer=answer)
    issue_service(store, provider, clock).start(number)
    with worker_lock(store) as here:
        engine = sending(store, provider, clock)
        first = engine.run(number, here)
        assert (first.counts["submitted"], first.counts["queued"]) == (3, 1)
        assert not first.finished
        assert first.next_due is not None
        assert first.next_due > clock()
        again = engine.run(number, here)
        assert again.counts["queued"] == 1, "before its time nothing is tried"
        busy.clear()
        clock.now = first.next_due
        assert engine.run(number, here).finished
    assert sorted(provider.taken) == sorted(people)


def test_attempts_end_and_the_counts_still_add_up(store: Store, clock: Clock) -> None:
    add_people(store, 2)
    number = add_approved(store)
    provider = Recorder(
        answer=lambda personalization: Rejected(personalization.delivery_id, False, "451", "later")
    )
    issue_service(store, provider, clock).start(number)
    with worker_lock(store) as here:
        for _ in range(MAX_ATTEMPTS):
            progress = sending(store, provider, clock).run(number, here)
            clock.on(hours=5)
    assert progress.finished
    assert progress.counts["failed"] == 2
    with store.read() as session:
        assert len(session.exec(select(Attempt)).all()) == 2 * MAX_ATTEMPTS


def test_a_named_waiting_time_is_obeyed(store: Store, clock: Clock) -> None:
    add_people(store, 1)
    number = add_approved(store)
    provider = Recorder(
        answer=lambda one: Rejected(one.delivery_id, False, "429", "slow", retry_after=1800)
    )
    issue_service(store, provider, clock).start(number)
    with worker_lock(store) as here:
        progress = sending(store, provider, clock).run(number, here)
    assert progress.next_due is not None
    assert progress.next_due >= NOW + timedelta(seconds=1800)


def test_an_exception_leaves_the_rest_of_the_batch_uncertain(store: Store, clock: Clock) -> None:
    people = add_people(store, 15)

    def answer(personalization: Personalization) -> Outcome:
        if personalization.email == people[4]:
            raise ConnectionResetError
        return Accepted(personalization.delivery_id, "r")

    number = add_approved(store)
    provider = Recorder(answer=answer)
    issue_service(store, provider, clock).start(number)
    with worker_lock(store) as here:
        with pytest.raises(ProviderError, match="failed"):
            sending(store, provider, clock).run(number, here)
        progress = sending(store, provider, clock).run(number, here)
    assert progress.finished
    assert (progress.counts["submitted"], progress.counts["uncertain"]) == (9, 6)


def test_an_unknown_outcome_is_uncertain_and_never_sent_again(store: Store, clock: Clock) -> None:
    people = add_people(store, 3)
    asked: list[str] = []

    def answer(personalization: Personalization) -> Outcome:
        asked.append(personalization.email)
        if personalization.email == people[1]:
            return Unknown(personalization.delivery_id, "cut off inside DATA")
        return Accepted(personalization.delivery_id, "r")

    number = add_approved(store)
    provider = Recorder(answer=answer)
    issue_service(store, provider, clock).start(number)
    with worker_lock(store) as here:
        sending(store, provider, clock).run(number, here)
        clock.on(hours=5)
        sending(store, provider, clock).run(number, here)
    assert sorted(asked) == sorted(people)


def test_a_provider_that_can_not_be_used_releases_the_whole_batch(
    store: Store, clock: Clock
) -> None:
    people = add_people(store, 12)
    number = add_approved(store)

    def refuse(personalization: Personalization) -> Outcome:
        del personalization
        raise ProviderError("wrong password")

    issue_service(store, Recorder(), clock).start(number)
    with worker_lock(store) as here:
        with pytest.raises(ProviderError, match="wrong password"):
            sending(store, Recorder(answer=refuse), clock).run(number, here)
        with store.read() as session:
            assert count_deliveries(session, number)["queued"] == 12
        provider = Recorder()
        assert sending(store, provider, clock).run(number, here).finished
    assert sorted(provider.taken) == sorted(people)


def test_a_paused_issue_is_left_alone_and_resumed(store: Store, clock: Clock) -> None:
    people = add_people(store, 25)
    number = add_approved(store)
    provider = Recorder()
    editor = issue_service(store, provider, clock)
    editor.start(number)
    with worker_lock(store) as here:
        engine = sending(store, provider, clock)
        engine.run(number, here, report=lambda _: editor.pause(number))
        assert len(provider.taken) == 10, "the batch in hand is finished, no other begun"
        engine.run(number, here)
        assert len(provider.taken) == 10
        editor.resume(number)
        assert engine.run(number, here).finished
    assert sorted(provider.taken) == sorted(people)


def test_cancelling_leaves_correct_counts(store: Store, clock: Clock) -> None:
    add_people(store, 25)
    number = add_approved(store)
    provider = Recorder()
    editor = issue_service(store, provider, clock)
    editor.start(number)
    with worker_lock(store) as here:
        sending(store, provider, clock).run(number, here, report=lambda _: editor.cancel(number))
    with store.read() as session:
        counts = count_deliveries(session, number)
    assert (counts["submitted"], counts["queued"]) == (10, 15)


def test_a_dead_workers_batch_becomes_uncertain_and_a_living_ones_is_left(
    store: Store, clock: Clock
) -> None:
    people = add_people(store, 30)
    number = add_approved(store)
    provider = Recorder()
    issue_service(store, provider, clock).start(number)
    dead = worker_lock(store)
    with dead, store.write() as session:
        assert claim_batches(session, number, dead.worker_id, clock())
    with worker_lock(store) as alive, worker_lock(store) as here:
        with store.write() as session:
            assert claim_batches(session, number, alive.worker_id, clock())
        progress = sending(store, provider, clock).run(number, here)
        assert not progress.finished
        assert (progress.counts["uncertain"], progress.counts["submitting"]) == (10, 10)
    assert sorted(provider.taken) == sorted(people[20:])


def test_finished_is_refused_when_the_counts_do_not_add_up(store: Store, clock: Clock) -> None:
    add_people(store, 3)
    number = add_approved(store)
    provider = Recorder()
    issue_service(store, provider, clock).start(number)
    with store.write() as session:
        find_issue(session, number).audience = 4
    with worker_lock(store) as here, pytest.raises(IssueError, match="don't balance"):
        sending(store, provider, clock).run(number, here)
    with store.read() as session:
        assert find_issue(session, number).state == IssueState.SENDING


def test_a_retry_batch_is_no_larger_than_the_provider_takes(store: Store, clock: Clock) -> None:
    add_people(store, 30)
    number = add_approved(store)
    sizes: list[int] = []

    class Busy(Recorder):
        def submit(
            self,
            edition: Edition,
            batches: Iterable[Sequence[Personalization]],
            should_stop: Callable[[], bool] = never,
            journal: Journal = NO_JOURNAL,
        ) -> Iterator[Sequence[Outcome]]:
            def watched() -> Iterator[Sequence[Personalization]]:
                for batch in batches:
                    sizes.append(len(batch))
                    yield batch

            return super().submit(edition, watched(), should_stop, journal)

    provider = Busy(answer=lambda one: Rejected(one.delivery_id, False, "451", "later"))
    issue_service(store, provider, clock).start(number)
    with worker_lock(store) as here:
        sending(store, provider, clock).run(number, here)
        clock.on(hours=1)
        sending(store, provider, clock).run(number, here)
    assert sizes == [10] * 6


def test_an_outcome_for_a_stranger_changes_nothing(store: Store, clock: Clock) -> None:
    add_people(store, 3)
    number = add_approved(store)
    provider = Recorder(answer=lambda one: Rejected(one.delivery_id + 1000, True, "550", "no"))
    issue_service(store, provider, clock).start(number)
    with worker_lock(store) as here:
        progress = sending(store, provider, clock).run(number, here)
    assert progress.counts["uncertain"] == 3


def test_a_late_acceptance_settles_what_was_held_for_uncertain(store: Store, clock: Clock) -> None:
    add_people(store, 2)
    number = add_approved(store)
    issue_service(store, Recorder(), clock).start(number)
    with store.write() as session:
        [held] = claim_batches(session, number, 77, clock())
    with store.write() as session:
        close_batches(session, number, [held.position], clock())
    accepted = [Accepted(one.delivery_id, "r") for one in held.recipients]
    with store.write() as session:
        settle(session, number, accepted, provider="p", batch_size=10, now=clock())
    with store.read() as session:
        assert count_deliveries(session, number)["submitted"] == 2
