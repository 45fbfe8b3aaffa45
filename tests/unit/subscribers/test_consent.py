"""Proofs of consent are appended, cut where only the edge is lost, and read in order."""

from datetime import UTC, datetime

from store.engine import Store
from subscribers.addresses import AddressHasher
from subscribers.consent import ConsentKind, consents_of, is_withdrawn, record_consent
from subscribers.service import Added, add_subscriber
from subscribers.tables import SubscriberStatus

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
WORDING = "Send me the weekly digest. " * 50


def test_a_proof_says_what_when_and_from_where(sqlite_store: Store, hasher: AddressHasher) -> None:
    """The wording is kept to the last letter; a user agent loses control characters and length."""
    with sqlite_store.write() as session:
        added = add_subscriber(
            session,
            hasher,
            "ana@example.org",
            status=SubscriberStatus.PENDING,
            source="/subscribe",
            wording=WORDING,
            now=NOW,
            ip="2001:db8::1",
            user_agent="Mozilla\r\n" + "x" * 1000,
        )
        assert isinstance(added, Added)
        record_consent(
            session, added.subscriber_id, ConsentKind.CONFIRMED, "Yes.", NOW, source="/confirm"
        )
    with sqlite_store.read() as session:
        first, second = consents_of(session, added.subscriber_id)
        assert (first.kind, first.wording, first.source) == ("requested", WORDING, "/subscribe")
        assert (first.ip, first.at) == ("2001:db8::1", NOW)
        assert first.user_agent == "Mozilla" + "x" * 493
        assert (second.kind, second.wording) == ("confirmed", "Yes.")


def test_the_last_word_decides_whether_consent_is_withdrawn(
    sqlite_store: Store, hasher: AddressHasher
) -> None:
    with sqlite_store.write() as session:
        added = add_subscriber(
            session,
            hasher,
            "ana@example.org",
            status=SubscriberStatus.ACTIVE,
            source="",
            wording="Yes.",
            now=NOW,
        )
        assert isinstance(added, Added)
        ana = added.subscriber_id
        assert not is_withdrawn(session, ana)
        record_consent(session, ana, ConsentKind.WITHDRAWN, "No.", NOW)
        assert is_withdrawn(session, ana)
        record_consent(session, ana, ConsentKind.REQUESTED, "Yes again.", NOW)
        assert not is_withdrawn(session, ana)
