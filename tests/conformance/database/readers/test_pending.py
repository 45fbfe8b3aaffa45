"""Pending people: asked by mail at a rate, confirmed by a word that is kept, or gone; and undo."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import col, select

from digest.deliver.transactional.tables import TransactionalMessage
from digest.readers.pending import confirm_by_word, expire_pending, invite_pending, never_mailed
from store.engine import Store
from subscribers.addresses import AddressHasher
from subscribers.consent import ConsentOrigin, consents_of
from subscribers.service import find_subscriber, unsubscribe
from subscribers.signup import ConfirmationResult, confirm_signup, request_signup
from subscribers.tables import Subscriber, Suppression
from subscribers.transfer.run import import_csv
from subscribers.transfer.undo import UndoError, undo_import

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
HASHER = AddressHasher("a secret of the tests, long enough")
ORIGIN = ConsentOrigin("https://site.example/", "192.0.2.1", "Browser/1", "page-1")


def load(store: Store, content: str, now: datetime = NOW) -> int:
    report = import_csv(
        store, HASHER, io.BytesIO(content.encode()), source="l.csv", status=None, now=now,
        wording="They asked.",
    )  # fmt: skip
    assert report.run is not None
    return report.run


def statuses(store: Store) -> list[str]:
    with store.read() as session:
        return list(session.exec(select(Subscriber.status).order_by(col(Subscriber.email))))


def asked(store: Store, email: str, now: datetime) -> None:
    with store.write() as session:
        request_signup(
            session, HASHER, email, first_name="", wording="Yes.", origin=ORIGIN, now=now
        )


def test_pending_people_are_asked_once_at_the_stated_rate_and_can_confirm(store: Store) -> None:
    load(store, "email\nana@example.org\nbob@example.org\ncyd@example.org\n")
    assert invite_pending(store, 2, NOW) == 3
    assert invite_pending(store, 2, NOW + timedelta(days=1)) == 0
    with store.read() as session:
        due = session.exec(
            select(TransactionalMessage.not_before).order_by(col(TransactionalMessage.id))
        ).all()
        ana = find_subscriber(session, "ana@example.org")
        assert ana is not None
    assert [at - NOW for at in due] == [timedelta(minutes=30 * place) for place in range(3)]
    with store.write() as session:
        found = confirm_signup(
            session, ana.id or 0, wording="Yes.", origin=ORIGIN, now=NOW + timedelta(days=2)
        )
    assert found is ConfirmationResult.NOW
    assert statuses(store) == ["active", "pending", "pending"]


def test_an_operators_word_makes_active_whom_they_imported_and_is_kept(store: Store) -> None:
    load(store, "email\nana@example.org\n")
    asked(store, "bob@example.org", NOW)
    assert confirm_by_word(store, who="Ed", why="signed at the fair", now=NOW) == 1
    assert statuses(store) == ["active", "pending"]
    with store.read() as session:
        ana = find_subscriber(session, "ana@example.org")
        assert ana is not None
        assert "Ed takes it on their word: signed at the fair" in [
            one.wording for one in consents_of(session, ana.id or 0)
        ]


def test_a_request_that_nobody_confirms_goes_and_an_import_stays(store: Store) -> None:
    load(store, "email\nana@example.org\n")
    asked(store, "bob@example.org", NOW)
    asked(store, "cyd@example.org", NOW + timedelta(days=30))
    later = NOW + timedelta(days=61)
    assert expire_pending(store, 0, later) == 0
    assert expire_pending(store, 60, later) == 1
    assert expire_pending(store, 60, later) == 0
    assert statuses(store) == ["pending", "pending"]


def test_an_import_is_undone_but_for_those_who_did_something_since(store: Store) -> None:
    load(store, "email,status\nold@example.org,active\n")
    later = NOW + timedelta(hours=1)
    run = load(
        store,
        "email,status\nana@example.org,active\nbob@example.org,active\ncyd@example.org,bounced\n"
        "old@example.org,active\ndi@example.org,suppressed\n",
        later,
    )
    with store.write() as session:
        bob = find_subscriber(session, "bob@example.org")
        assert bob is not None
        unsubscribe(session, HASHER, bob.id or 0, "link", later + timedelta(hours=1))
    done = undo_import(store, run, never_mailed(), later + timedelta(hours=2))
    assert (done.people, done.suppressions, done.kept) == (2, 2, 1)
    with store.read() as session:
        emails = session.exec(select(Subscriber.email).order_by(Subscriber.email)).all()
        blocked = session.exec(select(Suppression.email)).all()
    assert emails == ["bob@example.org", "old@example.org"]
    assert blocked == ["bob@example.org"]
    with pytest.raises(UndoError, match="was undone"):
        undo_import(store, run, never_mailed(), later)
    with pytest.raises(UndoError, match="no import 99"):
        undo_import(store, 99, never_mailed(), later)
