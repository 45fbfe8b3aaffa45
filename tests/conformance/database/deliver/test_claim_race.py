"""A claim and another transaction at once: neither undoes what the other has committed.

On PostgreSQL alone: SQLite has one writer at a time.
"""

from collections.abc import Callable, Sequence

import pytest
from sqlmodel import Session, col, delete, select, update

from digest.deliver.ledger.claim import Claim, claim_batches
from digest.deliver.ledger.finish import count_deliveries
from digest.deliver.ledger.release import close_batches
from digest.deliver.ledger.settle import settle
from digest.deliver.providers.base import Accepted
from digest.deliver.tables import Delivery, DeliveryState
from store.engine import Store
from subscribers.tables import Subscriber
from tests.parts.world import NOW, Clock, Recorder, add_approved, add_people, issue_service


@pytest.fixture
def number(postgresql_store: Store) -> int:
    """An issue with one batch of ten people."""
    add_people(postgresql_store, 10)
    number = add_approved(postgresql_store)
    issue_service(postgresql_store, Recorder(), Clock()).start(number)
    return number


def erase(session: Session) -> None:
    session.exec(delete(Subscriber).where(col(Subscriber.email) == first_email(session)))


def prove_accepted(session: Session) -> None:
    """As an event does for somebody who waits to be sent the issue again."""
    person = select(Subscriber.id).where(Subscriber.email == first_email(session))
    session.exec(
        update(Delivery)
        .where(col(Delivery.subscriber_id).in_(person))
        .values(state=DeliveryState.DELIVERED)
    )


def first_email(session: Session) -> str:
    return session.exec(select(Subscriber.email).order_by(col(Subscriber.id))).first() or ""


@pytest.mark.parametrize(
    ("change", "left"),
    [(erase, {"submitted": 10}), (prove_accepted, {"submitted": 9, "delivered": 1})],
)
def test_who_is_erased_or_served_while_they_are_claimed_keeps_what_is_known_of_them(
    postgresql_store: Store, number: int, change: Callable[[Session], None], left: dict[str, int]
) -> None:
    """The claim comes first, and does not wait; the answer overwrites nothing that is known."""
    store = postgresql_store
    with store.write() as session:
        change(session)
        with store.write() as other:
            claims = claim_batches(other, number, 7, NOW, limit=10)
    taken = [Accepted(delivery, "r") for delivery in recipients(claims)]
    assert len(taken) == 10
    with store.write() as session:
        settle(session, number, taken, provider="smtp", batch_size=10, now=NOW)
        assert close_batches(session, number, [one.position for one in claims], NOW) == 0
    assert counted(store, number) == left


@pytest.mark.parametrize(
    ("change", "left"),
    [
        (erase, {"submitting": 9, "suppressed": 1}),
        (prove_accepted, {"submitting": 9, "delivered": 1}),
    ],
)
def test_who_was_erased_or_served_before_is_not_claimed(
    postgresql_store: Store, number: int, change: Callable[[Session], None], left: dict[str, int]
) -> None:
    with postgresql_store.write() as session:
        change(session)
    with postgresql_store.write() as session:
        claims = claim_batches(session, number, 7, NOW, limit=10)
    assert len(recipients(claims)) == 9
    assert counted(postgresql_store, number) == left


def test_two_claims_at_once_share_no_recipient(postgresql_store: Store, number: int) -> None:
    """The second begins while the first has not committed, and again after that."""
    store = postgresql_store
    with store.write() as first:
        claimed = claim_batches(first, number, 7, NOW, limit=10)
        with store.write() as second:
            assert claim_batches(second, number, 8, NOW, limit=10) == []
    with store.write() as session:
        assert claim_batches(session, number, 8, NOW, limit=10) == []
    assert recipients(claimed) == sorted(set(recipients(claimed)))
    assert len(recipients(claimed)) == 10


def recipients(claims: Sequence[Claim]) -> list[int]:
    return [one.delivery_id for claimed in claims for one in claimed.recipients]


def counted(store: Store, number: int) -> dict[str, int]:
    with store.read() as session:
        return {one: many for one, many in count_deliveries(session, number).items() if many}
