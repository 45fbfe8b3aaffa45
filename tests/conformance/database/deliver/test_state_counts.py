"""What is kept of deliveries' states equals what is counted, whatever happened to them."""

from contextlib import suppress
from datetime import timedelta
from itertools import cycle

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text, update
from sqlmodel import Session, col, select

from digest.deliver.bounce_policy.failure import Cause, Failure, FailureClass
from digest.deliver.ledger import state_counts
from digest.deliver.ledger.claim import claim_batches
from digest.deliver.ledger.hold import hold_issue, queue_again
from digest.deliver.ledger.release import close_batches, release_batches
from digest.deliver.ledger.resend import give_up, resend
from digest.deliver.ledger.settle import settle
from digest.deliver.ledger.state_counts import (
    Move,
    count_moves,
    counted,
    fold_changes,
    kept_counts,
    recount,
)
from digest.deliver.ledger.submitting import split_queued
from digest.deliver.providers.base import Accepted, Outcome, Rejected, Unknown
from digest.deliver.tables import Batch, BatchState, Delivery, DeliveryCount, DeliveryState
from digest.events.tables import EventKind
from digest.issues.lifecycle import IssueError
from digest.issues.tables import Issue, IssueState
from digest.track.provider_events.delivery_event import DeliveryEvent, MatchedEvent
from digest.track.provider_events.delivery_states import apply_states
from store.engine import Store
from subscribers.tables import Subscriber
from tests.parts.world import NOW, Clock, Recorder, add_approved, add_people, issue_service

HARD = Failure(FailureClass.HARD, Cause.NO_MAILBOX)
FULL = Failure(FailureClass.SOFT, Cause.FULL)
"""Why an address is refused for good, and for now."""
STEP = st.tuples(st.integers(0, 14), st.integers(0, 12))
"""What happens, and a number that chooses to whom."""


def outcome(choice: int, delivery: int) -> Outcome:
    """Return what a provider may answer; accepted is the commonest."""
    answers: dict[int, Outcome] = {
        0: Rejected(delivery, True, "5.1.1", "no such user", HARD),
        1: Rejected(delivery, False, "4.2.2", "full", FULL),
        2: Unknown(delivery, "cut"),
    }
    return answers.get(choice % 5, Accepted(delivery, f"r-{delivery}"))


class Life:
    """An issue that is sent, and all that may become of its deliveries."""

    def __init__(self, store: Store, number: int) -> None:
        self.store, self.number, self.now = store, number, NOW
        self.deeds = [
            self.claim,
            self.claim,
            self.settle,
            self.settle,
            self.close,
            self.release,
            self.event,
            self.event,
            self.resend,
            self.give_up,
            self.hold,
            self.queue_again,
            self.erase,
            self.suppress,
            self.fold,
        ]

    def do(self, deed: int, choice: int) -> None:
        self.now += timedelta(minutes=7)
        with self.store.write() as session:
            self.deeds[deed](session, choice)
        if self.deeds[deed] == self.fold:
            fold_changes(self.store)

    def ids(self, session: Session) -> list[int]:
        found = session.scalars(
            select(Delivery.id).where(Delivery.issue_number == self.number).order_by("id")
        )
        return [one for one in found if one is not None]

    def held(self, session: Session) -> list[int]:
        return list(
            session.scalars(
                select(Batch.position).where(
                    Batch.issue_number == self.number, Batch.state == BatchState.SUBMITTING
                )
            )
        )

    def claim(self, session: Session, choice: int) -> None:
        claim_batches(session, self.number, 7, self.now, 1 + choice % 2)

    def settle(self, session: Session, choice: int) -> None:
        """Outcomes of what is submitted, and of some that are not (any more)."""
        outcomes = [
            outcome(choice + place, delivery)
            for place, delivery in enumerate(self.ids(session))
            if (place + choice) % 3
        ]
        if not self.held(session):
            return
        settle(session, self.number, outcomes, provider="p", batch_size=2, now=self.now)

    def close(self, session: Session, choice: int) -> None:
        close_batches(session, self.number, self.held(session)[: 1 + choice % 2], self.now)

    def release(self, session: Session, choice: int) -> None:
        release_batches(session, self.number, self.held(session)[: 1 + choice % 2], self.now)

    def event(self, session: Session, choice: int) -> None:
        kinds = cycle([*EventKind][choice:] + [*EventKind][:choice])
        matched = [
            MatchedEvent(DeliveryEvent(f"{self.now}{one}", next(kinds), None, self.now), one)
            for one in self.ids(session)[choice % 4 :: 2]
        ]
        apply_states(session, matched, self.now)

    def resend(self, session: Session, choice: int) -> None:
        states = [DeliveryState.FAILED, DeliveryState.UNCERTAIN][: 1 + choice % 2]
        with suppress(IssueError):
            resend(session, self.number, states, email_key=None, batch_size=2, now=self.now)

    def give_up(self, session: Session, choice: int) -> None:
        del choice
        give_up(session, self.number, None, self.now)

    def hold(self, session: Session, choice: int) -> None:
        """Pause it, or go on."""
        if not hold_issue(session, self.number, "why", self.now) or choice % 2:
            session.execute(update(Issue).values(state=IssueState.SENDING))

    def queue_again(self, session: Session, choice: int) -> None:
        states = [DeliveryState.FAILED, DeliveryState.QUEUED][choice % 2 :]
        ids = self.ids(session)[::2]
        queue_again(session, self.number, ids, states, batch_size=2, now=self.now)

    def erase(self, session: Session, choice: int) -> None:
        people = session.scalars(select(Subscriber.id).order_by("id")).all()
        if len(people) > 4:
            doomed = session.get(Subscriber, people[choice % len(people)])
            session.delete(doomed)

    def suppress(self, session: Session, choice: int) -> None:
        people = select(Subscriber.id).where(col(Subscriber.id) % 5 == choice % 5)
        session.execute(
            update(Subscriber)
            .where(col(Subscriber.id).in_(people))
            .values(status="unsubscribed")
            .execution_options(synchronize_session=False)
        )

    def fold(self, session: Session, choice: int) -> None:
        """Nothing in this transaction."""


def kept_and_counted(store: Store, number: int) -> tuple[dict[str, int], dict[str, int]]:
    """Return the sums themselves, which nothing corrects, and the counts."""
    with store.read() as session:
        sums = dict.fromkeys(map(str, DeliveryState), 0)
        for state, amount in session.exec(
            select(DeliveryCount.state, DeliveryCount.amount).where(
                DeliveryCount.issue_number == number
            )
        ):
            sums[state] += amount
        split_queued(session, {number: sums})
        return sums, counted(session, [number])[number]


def sent_to(store: Store) -> int:
    """Start an issue to eight people, in batches of three; return its number."""
    with store.write() as session:
        session.execute(text("DELETE FROM subscriber"))
    add_people(store, 8)
    number = add_approved(store)
    issue_service(store, Recorder(batch_size=3), Clock()).start(number)
    return number


@given(st.lists(STEP, max_size=14))
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_kept_counts_equal_counted_ones(
    store: Store, monkeypatch: pytest.MonkeyPatch, steps: list[tuple[int, int]]
) -> None:
    monkeypatch.setattr(state_counts, "FOLDED_ABOVE", 3)
    life = Life(store, sent_to(store))
    for deed, choice in [(0, 1), *steps]:
        life.do(deed, choice)
        kept, real = kept_and_counted(store, life.number)
        assert kept == real
    with store.read() as session:
        assert kept_counts(session, [life.number]) == {life.number: real}
    assert not recount(store)


def test_counts_that_do_not_add_up_are_not_believed(store: Store) -> None:
    number = sent_to(store)
    with store.write() as session:
        session.execute(text("DELETE FROM delivery_count"))
    with store.read() as session:
        assert kept_counts(session, [number])[number]["queued"] == 8
        assert kept_counts(session, [number + 1])[number + 1]["queued"] == 0


def test_a_recount_says_what_was_wrong_and_corrects_it(store: Store) -> None:
    number = sent_to(store)
    with store.write() as session:
        session.execute(text("UPDATE delivery SET state = 'bounced' WHERE batch_position = 0"))
    assert recount(store) == {number: {"bounced": 3, "queued": -3}}
    assert not recount(store)
    kept, real = kept_and_counted(store, number)
    assert kept == real


def test_few_rows_are_left_of_many_changes(store: Store) -> None:
    number = sent_to(store)
    with store.write() as session:
        queued, failed = DeliveryState.QUEUED, DeliveryState.FAILED
        for _ in range(state_counts.FOLDED_ABOVE):
            count_moves(session, number, [Move(queued, failed, 8)])
            count_moves(session, number, [Move(failed, queued, 8)])
    assert fold_changes(store) == 1
    assert fold_changes(store) == 0
    with store.read() as session:
        rows = session.exec(select(DeliveryCount.state, DeliveryCount.amount)).all()
    assert [tuple(row) for row in rows] == [("queued", 8)]
