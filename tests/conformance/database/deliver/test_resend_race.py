"""A resend and the end of an issue at the same moment: who is queued again is not passed over.

On PostgreSQL alone: SQLite has one writer at a time.
"""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlmodel import Session, update

from digest.deliver.ledger.finish import count_deliveries, finish_issue
from digest.deliver.ledger.resend import resend
from digest.deliver.ledger.worker_lock import worker_lock
from digest.deliver.tables import Delivery, DeliveryState
from digest.issues.lifecycle import find_issue
from digest.issues.tables import Issue, IssueState
from store.engine import Store
from tests.parts.waiting import until
from tests.parts.world import NOW, Clock, Recorder, add_approved, add_people, issue_service, sending


@pytest.fixture
def number(postgresql_store: Store) -> int:
    """An issue that could be finished, with three uncertain deliveries."""
    store, clock = postgresql_store, Clock()
    add_people(store, 3)
    number = add_approved(store)
    issue_service(store, Recorder(), clock).start(number)
    with worker_lock(store) as here:
        sending(store, Recorder(), clock).run(number, here)
    with store.write() as session:
        session.execute(update(Issue).values(state=IssueState.SENDING, finished_at=None))
        session.execute(update(Delivery).values(state=DeliveryState.UNCERTAIN))
    return number


def queue_again(session: Session, number: int) -> int:
    chosen = [DeliveryState.UNCERTAIN]
    return resend(session, number, chosen, email_key=None, batch_size=10, now=NOW)


def finish(session: Session, number: int) -> None:
    finish_issue(session, number, NOW)


@pytest.mark.parametrize(("first", "second"), [(queue_again, finish), (finish, queue_again)])
def test_whoever_is_queued_again_has_an_issue_that_is_being_sent(
    postgresql_store: Store,
    number: int,
    first: Callable[[Session, int], object],
    second: Callable[[Session, int], object],
) -> None:
    """The second has read what it needs and waits for the first to commit."""
    store = postgresql_store

    def follow() -> None:
        with store.write() as session:
            second(session, number)

    def waits() -> bool:
        with store.read() as session:
            asked = "SELECT count(*) FROM pg_locks WHERE NOT granted"
            return bool(session.execute(text(asked)).scalar_one())

    with store.write() as session:
        first(session, number)
        follower = threading.Thread(target=follow)
        follower.start()
        until(waits, "the second to wait for the first")
    follower.join()

    with store.read() as session:
        assert find_issue(session, number).state == IssueState.SENDING
        assert count_deliveries(session, number)["queued"] == 3
