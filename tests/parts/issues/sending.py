"""Sends an issue to its end, and returns whose delivery is in which state."""

from sqlmodel import select

from digest.deliver.ledger.finish import count_deliveries
from digest.deliver.ledger.worker_lock import worker_lock
from digest.deliver.providers.base import ProviderError
from digest.deliver.tables import Delivery, DeliveryState
from digest.issues.lifecycle import find_issue
from digest.issues.tables import IssueState
from digest.pipeline.sending import Sending
from store.engine import Store
from subscribers.tables import Subscriber
from tests.parts.world import Clock

MOST_RUNS = 300


def send_to_the_end(sending: Sending, number: int, clock: Clock) -> int:
    """Runs as often as a worker would; returns how often the provider could not be used."""
    unusable = 0
    with worker_lock(sending.store) as here:
        for _ in range(MOST_RUNS):
            try:
                progress = sending.run(number, here)
            except ProviderError:
                unusable += 1
                clock.on(seconds=10)
                continue
            if progress.finished:
                return unusable
            assert progress.next_due
            clock.now = max(clock.now, progress.next_due)
    raise AssertionError("it never ends")


def by_state(store: Store, number: int) -> dict[str, set[str]]:
    """Addresses of a finished issue by state, once its counts are found to add up."""
    states: dict[str, set[str]] = {state: set() for state in DeliveryState}
    with store.read() as session:
        rows = session.exec(
            select(Subscriber.email, Delivery.state)
            .join(Delivery, Delivery.subscriber_id == Subscriber.id)  # type: ignore[arg-type]
            .where(Delivery.issue_number == number)
        )
        for email, state in rows:
            states[state].add(email)
        issue = find_issue(session, number)
        counts = count_deliveries(session, number)
    assert issue.state == IssueState.FINISHED
    assert counts == {state: len(emails) for state, emails in states.items()}
    assert sum(counts.values()) == issue.audience
    assert not counts["queued"] + counts["submitting"]
    return states
