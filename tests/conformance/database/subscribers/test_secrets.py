"""The key of the address hashes outlives the secrets; another store's secret is noticed."""

import pytest
from sqlmodel import select

from store.engine import Store
from subscribers.addresses import AddressHasher, parse_address
from subscribers.hash_key import (
    StoredAddressHasher,
    UnknownSecretError,
    accept_secrets,
    ensure_secrets,
    fingerprint_of,
)
from subscribers.rekey import rekey_addresses
from subscribers.service import new_row
from subscribers.suppression import suppress
from subscribers.tables import (
    KnownSecret,
    Subscriber,
    SubscriberStatus,
    Suppression,
    SuppressionReason,
)
from tests.parts.world import NOW

OLD, NEW, NEWEST = "o" * 40, "n" * 40, "m" * 40
ANA = "ana@example.org"


def hashed(store: Store, *secrets: str) -> str:
    return StoredAddressHasher(store, secrets).hash(ANA)


def test_hashes_stay_when_the_oldest_secret_is_dropped(store: Store) -> None:
    first = AddressHasher(OLD).hash(ANA)
    assert hashed(store, OLD) == first, "nothing is remembered yet"
    for secrets in ([OLD], [NEW, OLD], [NEW], [NEWEST, NEW], [NEWEST]):
        ensure_secrets(store, secrets, NOW)
        assert hashed(store, *secrets) == first
    assert hashed(store, OLD) == first, "a process that was not restarted yet"


def test_another_secret_is_refused_in_one_line_and_can_be_accepted(store: Store) -> None:
    ensure_secrets(store, [OLD], NOW)
    with pytest.raises(UnknownSecretError) as refused:
        ensure_secrets(store, [NEW], NOW)
    assert fingerprint_of(OLD) in str(refused.value)
    assert "\n" not in str(refused.value)
    assert OLD not in str(refused.value)
    with store.write() as session:
        accept_secrets(session, [NEW], NOW)
    ensure_secrets(store, [NEW], NOW)


def test_nothing_is_written_where_all_are_known(store: Store) -> None:
    ensure_secrets(store, [NEW, OLD], NOW)
    ensure_secrets(store, [NEW, OLD], NOW)
    with store.read() as session:
        assert len(session.exec(select(KnownSecret)).all()) == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("strauss@example.com", "strauß@example.com"),
        ("k@example.com", "\u212a@example.com"),
        ("i@example.com", "\u0130@example.com"),
        ("s@example.com", "\u017f@example.com"),
        ("\u00e9@example.com", "\u00c9@example.com"),
        ("\u00e5@example.com", "\u212b@example.com"),
    ],
)
def test_two_people_are_not_taken_for_one(one: str, other: str) -> None:
    assert parse_address(one).key != parse_address(other).key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ANA@example.com", "ana@EXAMPLE.com"),
        ("ana@Stra\u00dfe.example", "ana@xn--strae-oqa.example"),
        ("e\u0301@example.com", "\u00e9@example.com"),
    ],
)
def test_two_spellings_of_one_mailbox_are_one(one: str, other: str) -> None:
    assert parse_address(one).key == parse_address(other).key


def test_keys_of_the_time_before_are_written_anew_and_nobody_is_lost(store: Store) -> None:
    """As a store has them in which case was folded in all of Unicode."""
    hasher = AddressHasher(OLD)
    old_key = "strauss@example.com"
    with store.write() as session:
        for email in ("strauß@example.com", "bob@example.com"):
            row = new_row(
                hasher,
                parse_address(email),
                first_name="",
                status=SubscriberStatus.ACTIVE,
                source="",
                now=NOW,
            )
            session.add(Subscriber(**row))
        session.flush()
        person = session.exec(select(Subscriber).where(Subscriber.email != "bob@example.com")).one()
        person.email_key, person.address_hash = old_key, hasher.hash(old_key)
        reason = SuppressionReason.UNSUBSCRIBED
        suppress(session, person.address_hash, person.email, reason, NOW)
    for expected in (1, 0):
        with store.write() as session:
            assert rekey_addresses(session, hasher) == expected
    with store.read() as session:
        person = session.exec(
            select(Subscriber).where(Subscriber.email_key == "strauß@example.com")
        ).one()
        assert person.address_hash == hasher.hash("strauß@example.com")
        blocked = session.exec(select(Suppression)).one()
        assert blocked.address_hash == person.address_hash
        assert len(session.exec(select(Subscriber)).all()) == 2
