"""Addresses that must not be mailed."""

from datetime import UTC, datetime

import pytest
from sqlmodel import Session

from store.engine import Store
from subscribers import suppression
from subscribers.addresses import AddressHasher
from subscribers.service import Added, add_subscriber
from subscribers.suppression import suppress, suppress_bounced, suppress_complained
from subscribers.tables import Subscriber, SubscriberStatus, SuppressionReason

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
LATER = datetime(2026, 11, 24, 8, tzinfo=UTC)


def add_ana(session: Session, hasher: AddressHasher) -> Subscriber:
    added = add_subscriber(
        session,
        hasher,
        "ana@example.org",
        status=SubscriberStatus.ACTIVE,
        source="test",
        wording="Yes.",
        now=NOW,
    )
    assert isinstance(added, Added)
    return session.get_one(Subscriber, added.subscriber_id)


def test_an_address_is_suppressed_until_it_is_lifted(
    sqlite_store: Store, hasher: AddressHasher
) -> None:
    known = hasher.hash("ana@example.org")
    with sqlite_store.write() as session:
        assert not suppression.is_suppressed(session, known)
        suppress(session, known, "ana@example.org", SuppressionReason.MANUAL, NOW, note="asked")
        assert suppression.is_suppressed(session, known)
        assert not suppression.is_suppressed(session, hasher.hash("bob@example.org"))
        assert suppression.remove(session, known)
        assert not suppression.is_suppressed(session, known)
        assert not suppression.remove(session, known)


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        ("unsubscribed", "complained", "complained"),
        ("complained", "unsubscribed", "complained"),
        ("unsubscribed", "bounced", "bounced"),
        ("bounced", "bounced", "bounced"),
        ("erased", "complained", "erased"),
        ("unsubscribed", "erased", "unsubscribed"),
    ],
)
def test_of_two_reasons_the_graver_is_kept_and_erasure_stays(
    sqlite_store: Store, hasher: AddressHasher, first: str, second: str, kept: str
) -> None:
    known = hasher.hash("ana@example.org")
    with sqlite_store.write() as session:
        suppress(session, known, None, SuppressionReason(first), NOW)
        row = suppress(session, known, "ana@example.org", SuppressionReason(second), LATER)
        assert row.reason == kept
        assert row.email is None


def test_keeping_the_hash_only_forgets_the_rest(sqlite_store: Store, hasher: AddressHasher) -> None:
    known = hasher.hash("ana@example.org")
    with sqlite_store.write() as session:
        suppress(
            session, known, "ana@example.org", SuppressionReason.BOUNCED, NOW, note="550 no ana"
        )
        suppression.anonymize(session, known, LATER)
    with sqlite_store.read() as session:
        row = suppression.find_suppression(session, known)
        assert row is not None
        assert (row.email, row.reason, row.note, row.detail, row.at) == (
            None,
            "erased",
            "",
            {},
            LATER,
        )


@pytest.mark.parametrize(
    ("call", "status", "reason"),
    [
        (suppress_bounced, SubscriberStatus.BOUNCED, "bounced"),
        (suppress_complained, SubscriberStatus.COMPLAINED, "complained"),
    ],
)
def test_what_a_provider_says_of_a_person_shows_in_their_status(
    sqlite_store: Store,
    hasher: AddressHasher,
    call: type,
    status: SubscriberStatus,
    reason: str,
) -> None:
    with sqlite_store.write() as session:
        ana = add_ana(session, hasher)
        call(session, {ana.id: "550 5.1.1 unknown"}, LATER)
        row = suppression.find_suppression(session, ana.address_hash)
        assert row is not None
        assert (row.reason, row.email, row.note) == (reason, "ana@example.org", "550 5.1.1 unknown")
        assert (ana.status, ana.changed_at) == (status, LATER)


def test_who_left_by_themselves_stays_unsubscribed_when_their_address_bounces_later(
    sqlite_store: Store, hasher: AddressHasher
) -> None:
    with sqlite_store.write() as session:
        ana = add_ana(session, hasher)
        ana.status = SubscriberStatus.UNSUBSCRIBED
        assert ana.id is not None
        suppress_bounced(session, {ana.id: "550"}, LATER)
        assert ana.status == SubscriberStatus.UNSUBSCRIBED


def test_a_bounce_of_somebody_erased_since_is_nobodys(sqlite_store: Store) -> None:
    with sqlite_store.write() as session:
        suppress_bounced(session, {4711: "550"}, NOW)
        assert session.exec(suppression.select(suppression.Suppression)).all() == []
