"""What lifting a suppression does to the subscriber, and what it leaves behind."""

from datetime import UTC, datetime, timedelta

import pytest

from store.engine import Store
from subscribers import suppression
from subscribers.addresses import AddressHasher
from subscribers.consent import ConsentKind, record_consent
from subscribers.service import erase_subscriber
from subscribers.suppression import suppress_bounced, suppress_complained
from subscribers.suppression_removal import (
    SuppressionRemovalError,
    last_removals,
    removals_of,
    remove_suppression,
)
from subscribers.tables import Subscriber

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def add_ana(store: Store, hasher: AddressHasher, *said: ConsentKind) -> int:
    with store.write() as session:
        ana = Subscriber(
            email="ana@example.org",
            email_key="ana@example.org",
            address_hash=hasher.hash("ana@example.org"),
            status="active",
            created_at=NOW,
            changed_at=NOW,
        )
        session.add(ana)
        session.flush()
        assert ana.id is not None
        for kind in said:
            record_consent(session, ana.id, kind, "words", NOW)
        return ana.id


@pytest.mark.parametrize("call", [suppress_bounced, suppress_complained])
@pytest.mark.parametrize(
    ("said", "status"),
    [
        ([ConsentKind.IMPORTED], "active"),
        ([ConsentKind.REQUESTED, ConsentKind.CONFIRMED], "active"),
        ([ConsentKind.REQUESTED], "pending"),
        ([ConsentKind.CONFIRMED, ConsentKind.WITHDRAWN], "unsubscribed"),
        ([], "pending"),
    ],
)
def test_who_is_let_off_is_what_their_last_consent_made_them(
    sqlite_store: Store,
    hasher: AddressHasher,
    call: type,
    said: list[ConsentKind],
    status: str,
) -> None:
    ana = add_ana(sqlite_store, hasher, *said)
    with sqlite_store.write() as session:
        call(session, {ana: "550"}, NOW)
    with sqlite_store.write() as session:
        hashed = hasher.hash("ana@example.org")
        lift = remove_suppression(
            session, hashed, who="Ed", why="wrote", now=NOW + timedelta(days=1)
        )
        assert lift is not None
        found = session.get(Subscriber, ana)
        assert found is not None
        assert found.status == status
        assert not suppression.is_suppressed(session, hashed)


def test_every_lift_is_kept(sqlite_store: Store, hasher: AddressHasher) -> None:
    ana, hashed = add_ana(sqlite_store, hasher), hasher.hash("ana@example.org")
    for day in (1, 2):
        at = NOW + timedelta(days=day)
        with sqlite_store.write() as session:
            suppress_bounced(session, {ana: f"550 day {day}"}, at)
            remove_suppression(session, hashed, who="Ed", why=f"day {day}", now=at)
    with sqlite_store.read() as session:
        assert [(one.why, one.note) for one in removals_of(session, hashed)] == [
            ("day 1", "550 day 1"),
            ("day 2", "550 day 2"),
        ]
        assert last_removals(session, [ana]) == {ana: NOW + timedelta(days=2)}


def test_nothing_is_lifted_without_a_name_and_a_reason(
    sqlite_store: Store, hasher: AddressHasher
) -> None:
    hashed = hasher.hash("ana@example.org")
    with sqlite_store.write() as session:
        for who, why in (("", "x"), ("x", " "), ("\n", "")):
            with pytest.raises(SuppressionRemovalError):
                remove_suppression(session, hashed, who=who, why=why, now=NOW)
        assert remove_suppression(session, hashed, who="Ed", why="x", now=NOW) is None
        assert removals_of(session, hashed) == []


def test_what_was_said_of_somebody_goes_with_them(
    sqlite_store: Store, hasher: AddressHasher
) -> None:
    ana, hashed = add_ana(sqlite_store, hasher), hasher.hash("ana@example.org")
    with sqlite_store.write() as session:
        suppress_bounced(session, {ana: "550 no Ana"}, NOW)
        remove_suppression(session, hashed, who="Ed", why="Ana wrote to us", now=NOW)
        erase_subscriber(session, hasher, "ana@example.org", NOW)
    with sqlite_store.read() as session:
        assert [(one.who, one.why, one.note) for one in removals_of(session, hashed)] == [
            ("Ed", "", "")
        ]
