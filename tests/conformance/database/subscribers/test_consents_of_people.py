"""A consent belongs to somebody on the list: however many a statement adds, moves or deletes."""

from datetime import timedelta

import pytest
from sqlalchemy import Executable, text, true
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlmodel import select

from store.engine import Store
from subscribers.consent import ConsentKind, record_consent
from subscribers.service import erase_subscriber, find_subscriber
from subscribers.tables import Consent
from subscribers.transfer.undo import undo_import
from tests.parts.imported import HASHER, NOW, load, people

LIST = "email\nana@example.org\nbo@example.org\ncy@example.org\n"
NOBODY = 999_999
ADD = text(
    "INSERT INTO consent (subscriber_id, kind, wording, source, ip, user_agent, at) "
    "SELECT id, 'imported', 'Yes.', '', '', '', created_at FROM subscriber "
    "UNION ALL SELECT :nobody, 'imported', 'Yes.', '', '', '', created_at FROM subscriber"
)
ADD_ONE = text(
    "INSERT INTO consent (subscriber_id, kind, wording, source, ip, user_agent, at) "
    "VALUES (:id, 'confirmed', 'Yes.', '', '', '', '2026-11-25')"
)
MOVE = text("UPDATE consent SET subscriber_id = :id")
DELETE = text("DELETE FROM subscriber WHERE id = :id")
AT_ONCE = text("SET LOCAL lock_timeout = 1")


def count(store: Store) -> int:
    with store.read() as session:
        return len(session.exec(select(Consent)).all())


def number_of(store: Store, email: str) -> int:
    with store.read() as session:
        person = find_subscriber(session, email)
        assert person is not None
        return person.id or 0


def consent_of(store: Store, number: int) -> None:
    with store.write() as session:
        record_consent(session, number, ConsentKind.CONFIRMED, "Yes.", NOW)


def test_nobody_has_no_consent(store: Store) -> None:
    load(store, LIST)
    with pytest.raises(IntegrityError):
        consent_of(store, NOBODY)
    with pytest.raises(IntegrityError), store.write() as session:
        session.execute(ADD, {"nobody": NOBODY})
    with pytest.raises(IntegrityError), store.write() as session:
        session.execute(MOVE, {"id": NOBODY})
    assert count(store) == 3


def test_consents_go_with_their_person(store: Store) -> None:
    load(store, LIST)
    consent_of(store, number_of(store, "ana@example.org"))
    with store.write() as session:
        erase_subscriber(session, HASHER, "ana@example.org", NOW)
    assert count(store) == 2


def test_an_import_is_undone_with_its_consents(store: Store) -> None:
    run = load(store, LIST).run
    other = load(store, "email\ndi@example.org\n", now=NOW + timedelta(days=1))
    assert run is not None
    assert undo_import(store, run, true(), NOW + timedelta(days=2)).people == 3
    assert (count(store), list(people(store)), other.added) == (1, ["di@example.org"], 1)


def test_who_is_being_deleted_gets_no_consent(postgresql_store: Store) -> None:
    """And who gets one is not deleted: each waits for the other, as with a foreign key."""
    store = postgresql_store
    load(store, LIST)
    ana, bo = (number_of(store, f"{name}@example.org") for name in ("ana", "bo"))

    def refused_at_once(what: Executable, **values: int) -> None:
        with store.write() as session:
            session.execute(AT_ONCE)
            with pytest.raises(OperationalError, match="lock"):
                session.execute(what, values)
            session.rollback()

    with store.write() as deleting:
        deleting.execute(DELETE, {"id": ana})
        refused_at_once(ADD_ONE, id=ana)
        refused_at_once(MOVE, id=ana)
        consent_of(store, bo)  # who is somebody else waits for nobody
    with pytest.raises(IntegrityError):
        consent_of(store, ana)
    with store.write() as session:
        session.execute(ADD_ONE, {"id": bo})
        refused_at_once(DELETE, id=bo)
    assert count(store) == 4
