"""What an editor finds of subscribers and decides about one, on both databases."""

from collections.abc import Callable

import pytest
from sqlmodel import select

from digest.deliver.ledger.freeze import freeze_audience
from digest.readers.by_editor import (
    MAX_REASON,
    Decision,
    DecisionError,
    lift_for,
    suppress_for,
    unsubscribe_for,
)
from digest.readers.lookup import MAX_FOUND, search_subscribers, subscriber_details
from store.engine import Store
from subscribers.addresses import AddressHasher
from subscribers.tables import Subscriber, SubscriberStatus, SuppressionReason
from tests.integration.web.rows import everything
from tests.parts.world import NOW, SECRET, add_approved, add_people

HASHER = AddressHasher(SECRET)
WHO = "studio, ana"


def found(store: Store, text: str) -> list[str]:
    with store.read() as session:
        return [one.email for one in search_subscribers(session, text)]


def number_of(store: Store, email: str) -> int:
    with store.read() as session:
        return session.exec(select(Subscriber.id).where(Subscriber.email == email)).one() or 0


def decide(store: Store, decision: Callable[..., None], number: int, why: str) -> None:
    with store.write() as session:
        decision(session, HASHER, number, Decision(WHO, why, NOW))


def rename(store: Store, number: int, email: str) -> None:
    with store.write() as session:
        person = session.get_one(Subscriber, number)
        person.email, person.email_key = email, email.lower()


def test_any_part_of_an_address_finds_it_and_wildcards_are_letters(store: Store) -> None:
    people = add_people(store, 3)
    rename(store, number_of(store, people[0]), "Ana_B%c@Example.org")
    assert found(store, " ana_b%C@") == ["Ana_B%c@Example.org"]
    assert found(store, "_b%") == ["Ana_B%c@Example.org"]
    assert found(store, "a_a") == [], "an underscore stands for itself alone"
    assert found(store, "\\") == []
    assert found(store, "'; DROP TABLE subscriber; --") == []


def test_one_more_than_a_page_is_found_by_address_and_without_a_text_the_newest(
    store: Store,
) -> None:
    people = add_people(store, MAX_FOUND + 5)
    assert found(store, "@") == sorted(people)[: MAX_FOUND + 1]
    assert found(store, "") == people[: -MAX_FOUND - 2 : -1]


def test_what_was_sent_stands_the_newest_first(store: Store) -> None:
    [email] = add_people(store, 1)
    issues = [add_approved(store), add_approved(store)]
    for issue in issues:
        with store.write() as session:
            freeze_audience(session, issue, 10, NOW)
    with store.read() as session:
        details = subscriber_details(session, number_of(store, email))
        assert details is not None
        assert [one.issue for one in details.sent] == issues[::-1]
        assert subscriber_details(session, 999_999_999) is None


def test_each_decision_keeps_its_reason_and_who_took_it(store: Store) -> None:
    [email] = add_people(store, 1)
    number = number_of(store, email)
    decide(store, unsubscribe_for, number, "asked  by\nphone")
    decide(store, suppress_for, number, "threatens us")
    with store.read() as session:
        details = subscriber_details(session, number)
        assert details is not None
        assert details.person.status == SubscriberStatus.UNSUBSCRIBED
        assert details.consents[0].source == f"{WHO}: asked by phone"
        assert details.suppression is not None
        assert details.suppression.reason == SuppressionReason.MANUAL
        assert details.suppression.note == f"{WHO}: threatens us"
    decide(store, lift_for, number, "a mistake")
    with store.read() as session:
        details = subscriber_details(session, number)
        assert details is not None
        assert details.suppression is None
        assert [(one.who, one.why) for one in details.removals] == [(WHO, "a mistake")]
    with pytest.raises(DecisionError, match="is not suppressed"):
        decide(store, lift_for, number, "once more")


@pytest.mark.parametrize("decision", [unsubscribe_for, suppress_for, lift_for])
@pytest.mark.parametrize("why", ["", " \n ", "x" * (MAX_REASON + 1)])
def test_without_a_reason_that_can_be_kept_nothing_is_written(
    store: Store, decision: Callable[..., None], why: str
) -> None:
    [email] = add_people(store, 1)
    before = everything(store)
    with pytest.raises(DecisionError, match="reason: found"):
        decide(store, decision, number_of(store, email), why)
    with pytest.raises(DecisionError, match="nobody on the list"):
        decide(store, decision, 999_999_999, "a reason")
    assert everything(store) == before
