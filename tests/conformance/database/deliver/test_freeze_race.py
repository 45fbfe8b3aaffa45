"""A freeze and a deletion at the same moment: no delivery names somebody who is gone.

On PostgreSQL alone, where a trigger and a lock do what SQLite's foreign keys do (decision 41).
"""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlmodel import Session, col, delete, select

from digest.deliver.ledger.freeze import freeze_audience
from digest.deliver.tables import Batch, Delivery
from store.engine import Store
from subscribers.tables import Subscriber
from tests.parts.waiting import until
from tests.parts.world import NOW, add_approved, add_people


def freeze(session: Session) -> None:
    freeze_audience(session, 1, 4, NOW)


def erase_one(session: Session) -> None:
    first = session.exec(select(Subscriber.id).order_by(col(Subscriber.id))).first()
    session.exec(delete(Subscriber).where(col(Subscriber.id) == first))


@pytest.mark.parametrize(
    ("first", "second", "frozen"), [(freeze, erase_one, 10), (erase_one, freeze, 9)]
)
def test_whoever_comes_second_sees_what_the_first_wrote(
    postgresql_store: Store,
    first: Callable[[Session], None],
    second: Callable[[Session], None],
    frozen: int,
) -> None:
    store = postgresql_store
    add_people(store, 10)
    assert add_approved(store) == 1

    def follow() -> None:
        with store.write() as session:
            second(session)

    def waits() -> bool:
        with store.read() as session:
            asked = "SELECT count(*) FROM pg_locks WHERE NOT granted"
            return bool(session.execute(text(asked)).scalar_one())

    with store.write() as session:
        first(session)
        follower = threading.Thread(target=follow)
        follower.start()
        until(waits, "the second to wait for the first")
    follower.join()

    with store.read() as session:
        named = list(session.exec(select(Delivery.subscriber_id)))
        known = set(session.exec(select(Subscriber.id)))
    assert len(named) == frozen
    assert {one for one in named if one is not None} == known
    assert named.count(None) == frozen - 9


def test_each_delivery_is_in_a_batch_and_each_batch_has_its_deliveries(store: Store) -> None:
    """On both databases: of eleven people two are not to be mailed, and batches take four."""
    add_people(store, 9)
    add_people(store, 2, "unsubscribed")
    number = add_approved(store)
    with store.write() as session:
        assert freeze_audience(session, number, 4, NOW) == 9
    with store.read() as session:
        assert list(session.exec(select(Batch.position).order_by(col(Batch.position)))) == [0, 1, 2]
        positions = session.exec(select(Delivery.batch_position).order_by(col(Delivery.id)))
        assert list(positions) == [0, 0, 0, 0, 1, 1, 1, 1, 2]
