"""One link opened many times in one moment does what it does once, on both databases."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from sqlmodel import Session, col, select

from digest.deliver.transactional.tables import TransactionalKind, TransactionalMessage
from digest.readers.address_change import complete_address_change, start_address_change
from digest.readers.signup import SignupRequest, complete_signup, start_signup
from store.engine import Store
from subscribers.consent import ConsentKind, ConsentOrigin, consents_of
from subscribers.signup import ConfirmationResult
from subscribers.tables import AddressChange, RequestedName, Subscriber
from tests.parts.linked_people import HASHER, add, person
from tests.parts.world import NOW

READERS = 6
T = TypeVar("T")


def at_once(store: Store, act: Callable[[Session], T]) -> list[T]:
    barrier = Barrier(READERS)

    def one(_: int) -> T:
        barrier.wait()
        with store.write() as session:
            return act(session)

    with ThreadPoolExecutor(READERS) as pool:
        return list(pool.map(one, range(READERS)))


def letters(store: Store, kind: TransactionalKind) -> int:
    with store.read() as session:
        return len(
            session.exec(
                select(TransactionalMessage.id).where(col(TransactionalMessage.kind) == kind)
            ).all()
        )


def test_a_request_is_confirmed_once_and_welcomed_once(store: Store) -> None:
    asked = SignupRequest("ana@example.org", "Ana", "Yes, please.", ConsentOrigin())
    with store.write() as session:
        start_signup(session, HASHER, asked, NOW)
        reader = person(session, "ana@example.org").id or 0
        number = session.exec(select(RequestedName.number)).one()
    results = at_once(
        store,
        lambda session: complete_signup(
            session, reader, request=number, wording="Yes.", origin=ConsentOrigin(), now=NOW
        ),
    )
    assert sorted(results) == [ConfirmationResult.BEFORE] * (READERS - 1) + [ConfirmationResult.NOW]
    assert letters(store, TransactionalKind.WELCOME) == 1
    with store.read() as session:
        kinds = [one.kind for one in consents_of(session, reader)]
        assert kinds == [ConsentKind.REQUESTED, ConsentKind.CONFIRMED]


def test_an_address_is_changed_once_and_the_old_one_told_once(store: Store) -> None:
    reader = add(store, "ana@example.org")
    with store.write() as session:
        start_address_change(session, HASHER, reader, "ana@example.com", NOW)
        number = session.get_one(AddressChange, reader).number
        epoch = session.get_one(Subscriber, reader).link_epoch
    results = at_once(
        store,
        lambda session: complete_address_change(
            session, HASHER, reader, number, origin=ConsentOrigin(), now=NOW
        ),
    )
    assert sum(one is not None for one in results) == 1
    assert letters(store, TransactionalKind.CHANGED) == 1
    with store.read() as session:
        found = session.get_one(Subscriber, reader)
        assert (found.email, found.link_epoch != epoch) == ("ana@example.com", True)
