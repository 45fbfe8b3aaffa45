"""Coming onto the list, leaving it, and being forgotten."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlmodel import select

from store.engine import Store
from subscribers import suppression
from subscribers.addresses import AddressError, AddressHasher
from subscribers.consent import consents_of
from subscribers.service import (
    Added,
    AddressSuppressed,
    AlreadySubscribed,
    add_subscriber,
    clean_name,
    erase_subscriber,
    find_subscriber,
    unsubscribe,
)
from subscribers.tables import (
    Consent,
    Subscriber,
    SubscriberStatus,
    Suppression,
    SuppressionReason,
)

People = Callable[[], list[tuple[str, str, str]]]

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
LATER = datetime(2026, 11, 24, 8, tzinfo=UTC)


@pytest.fixture
def put(
    sqlite_store: Store, hasher: AddressHasher
) -> Callable[..., Added | AlreadySubscribed | AddressSuppressed]:
    def put(
        email: str = "ana@example.org", **given: Any
    ) -> Added | AlreadySubscribed | AddressSuppressed:
        with sqlite_store.write() as session:
            values: dict[str, Any] = {
                "first_name": "Ana",
                "status": SubscriberStatus.ACTIVE,
                "source": "test",
                "wording": "Yes.",
                "now": NOW,
            }
            return add_subscriber(session, hasher, email, **(values | given))

    return put


def test_who_is_added_is_found_in_whatever_case(
    sqlite_store: Store, put: Callable[..., Any]
) -> None:
    added = put("Ana@Example.org")
    with sqlite_store.read() as session:
        found = find_subscriber(session, " ANA@EXAMPLE.ORG ")
        assert found is not None
        assert found.id == added.subscriber_id
        assert (found.email, found.first_name, found.status) == ("Ana@example.org", "Ana", "active")
        assert (found.created_at, found.changed_at, found.source) == (NOW, NOW, "test")
        assert find_subscriber(session, "bob@example.org") is None


@pytest.mark.parametrize(("status", "kind"), [("active", "imported"), ("pending", "requested")])
def test_the_proof_of_consent_fits_how_somebody_starts(
    sqlite_store: Store, put: Callable[..., Any], status: str, kind: str
) -> None:
    added = put(status=SubscriberStatus(status))
    with sqlite_store.read() as session:
        assert [one.kind for one in consents_of(session, added.subscriber_id)] == [kind]


def test_who_is_there_already_is_left_alone(
    sqlite_store: Store, put: Callable[..., Any], people: People
) -> None:
    first = put()
    again = put("ANA@example.org", first_name="Other", status=SubscriberStatus.PENDING)
    assert again == AlreadySubscribed(first.subscriber_id, SubscriberStatus.ACTIVE)
    assert people() == [("ana@example.org", "Ana", "active")]
    with sqlite_store.read() as session:
        assert len(session.exec(select(Consent)).all()) == 1


def test_a_suppressed_address_is_refused_with_the_reason(
    sqlite_store: Store, hasher: AddressHasher, put: Callable[..., Any], people: People
) -> None:
    with sqlite_store.write() as session:
        suppression.suppress(
            session, hasher.hash("ana@example.org"), None, SuppressionReason.COMPLAINED, NOW
        )
    assert put() == AddressSuppressed(SuppressionReason.COMPLAINED)
    assert people() == []


def test_nobody_starts_as_bounced(put: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match="a subscriber can't start as bounced"):
        put(status=SubscriberStatus.BOUNCED)


def test_no_address_is_no_subscriber(put: Callable[..., Any]) -> None:
    with pytest.raises(AddressError):
        put("ana")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("  Ana\tMaria\r\n", "Ana Maria"),
        ("Jo\u0308rg", "Jörg"),
        ("a\u202eb", "a b"),
        ("م\u200cی", "م\u200cی"),
        ("x" * 300, "x" * 100),
        ("\x00", ""),
    ],
)
def test_a_first_name_is_one_clean_line(
    put: Callable[..., Any], people: People, given: str, kept: str
) -> None:
    put(first_name=given)
    assert [name for _, name, _ in people()] == [kept]


def test_unsubscribing_takes_effect_once_however_often_it_is_asked(
    sqlite_store: Store, hasher: AddressHasher, put: Callable[..., Any]
) -> None:
    """Status, suppression and withdrawal are there after the first; the rest change nothing."""
    ana = put().subscriber_id
    answers = []
    for moment in (NOW, LATER, LATER):
        with sqlite_store.write() as session:
            answers.append(unsubscribe(session, hasher, ana, "link in issue 3", moment))
    assert answers == [True, False, False]
    with sqlite_store.read() as session:
        person = session.get_one(Subscriber, ana)
        assert (person.status, person.changed_at) == ("unsubscribed", NOW)
        row = session.exec(select(Suppression)).one()
        assert (row.reason, row.email, row.at) == ("unsubscribed", "ana@example.org", NOW)
        kinds = [(one.kind, one.source) for one in consents_of(session, ana)]
        assert kinds == [("imported", "test"), ("withdrawn", "link in issue 3")]


@pytest.mark.parametrize("status", list(SubscriberStatus))
def test_unsubscribing_works_from_every_status(
    sqlite_store: Store, hasher: AddressHasher, put: Callable[..., Any], status: SubscriberStatus
) -> None:
    ana = put().subscriber_id
    with sqlite_store.write() as session:
        session.get_one(Subscriber, ana).status = status
    with sqlite_store.write() as session:
        unsubscribe(session, hasher, ana, "link", LATER)
        assert session.get_one(Subscriber, ana).status == "unsubscribed"
        assert suppression.is_suppressed(session, hasher.hash("ana@example.org"))
        assert [one.kind for one in consents_of(session, ana)][-1] == "withdrawn"


def test_unsubscribing_somebody_unknown_or_erased_is_done_already(
    sqlite_store: Store, hasher: AddressHasher, put: Callable[..., Any]
) -> None:
    ana = put().subscriber_id
    with sqlite_store.write() as session:
        erase_subscriber(session, hasher, "ana@example.org", NOW)
    with sqlite_store.write() as session:
        assert not unsubscribe(session, hasher, ana, "link", LATER)
        assert not unsubscribe(session, hasher, 4711, "link", LATER)
        assert session.exec(select(Suppression.reason)).all() == ["erased"]


def test_with_a_new_secret_unsubscribing_counts_for_the_old_hash_and_the_new(
    sqlite_store: Store, hasher: AddressHasher, put: Callable[..., Any]
) -> None:
    """Deliveries are checked by the hash that is stored, the next import by today's secret."""
    ana = put().subscriber_id
    renewed = AddressHasher("a new secret, just as long as that")
    with sqlite_store.write() as session:
        unsubscribe(session, renewed, ana, "link", NOW)
        for one in (hasher, renewed):
            assert suppression.is_suppressed(session, one.hash("ana@example.org"))


def test_erasing_leaves_a_hash_and_nothing_else(
    sqlite_store: Store, hasher: AddressHasher, put: Callable[..., Any], people: People
) -> None:
    """Row, consents and the address of an older suppression are gone; coming back is refused."""
    ana = put().subscriber_id
    with sqlite_store.write() as session:
        unsubscribe(session, hasher, ana, "link", NOW)
    with sqlite_store.write() as session:
        assert erase_subscriber(session, hasher, "ANA@example.org", LATER)
    assert people() == []
    with sqlite_store.read() as session:
        assert session.exec(select(Consent)).all() == []
        row = session.exec(select(Suppression)).one()
        assert (row.address_hash, row.email, row.reason, row.note) == (
            hasher.hash("ana@example.org"),
            None,
            "erased",
            "",
        )
    assert put() == AddressSuppressed(SuppressionReason.ERASED)


def test_erasing_an_address_that_is_not_on_the_list_keeps_it_from_coming(
    sqlite_store: Store, hasher: AddressHasher, put: Callable[..., Any]
) -> None:
    with sqlite_store.write() as session:
        assert not erase_subscriber(session, hasher, "ana@example.org", NOW)
        assert not erase_subscriber(session, hasher, "ana@example.org", LATER)
    assert put() == AddressSuppressed(SuppressionReason.ERASED)


def test_the_number_of_somebody_erased_is_not_given_again(
    sqlite_store: Store, hasher: AddressHasher, put: Callable[..., Any]
) -> None:
    """An old link of theirs must not speak of a stranger."""
    ana = put().subscriber_id
    with sqlite_store.write() as session:
        erase_subscriber(session, hasher, "ana@example.org", NOW)
    assert put("bob@example.org").subscriber_id > ana


@pytest.mark.parametrize(
    "name",
    [
        "evil.example.com", "evil。com", "evil．com", "evil｡com", "ｅｖｉｌ.ｃｏｍ",
        "http:／／evil", "win.zip", "claim.ai", "пример.рф", "a@evil.com", "ev\u200dil.com",
    ],
)  # fmt: skip
def test_a_name_that_mail_programs_would_make_a_link_of_is_none(name: str) -> None:
    assert clean_name(f"Win {name} now") == ""


@pytest.mark.parametrize("name", ["J.R. Smith", "A.de Vries", "Dr.Who", "山田。", "José M.ª"])
def test_a_name_with_a_dot_is_kept_as_it_is_written(name: str) -> None:
    assert clean_name(name) == name
