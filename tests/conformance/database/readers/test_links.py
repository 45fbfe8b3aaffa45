"""Whose a link is: after export and import, erasing, renumbering, voiding and a new address."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import col, select

from digest.readers.address_change import complete_address_change, start_address_change
from digest.readers.data_export import DataRequest, request_data
from digest.readers.erasure import erase_email
from digest.readers.links import ReaderLink, resolve_link
from digest.readers.preferences import rename
from digest.readers.signup import SignupRequest, complete_signup, start_signup
from digest.readers.unsubscribe import unsubscribe_by_token
from store.engine import Store
from subscribers.consent import ConsentOrigin
from subscribers.links import void_all_links, void_links
from subscribers.service import unsubscribe
from subscribers.signup import ConfirmationResult, resubscribe
from subscribers.tables import (
    AddressChange,
    RequestedName,
    Subscriber,
    SubscriberStatus,
    Suppression,
)
from subscribers.tokens import Purpose
from tests.parts.linked_people import HASHER, TOKENS, add, exported, load, opened, person, token
from tests.parts.world import NOW

LINKS = (Purpose.UNSUBSCRIBE, Purpose.PREFERENCES, Purpose.VOTE, Purpose.CONFIRM, Purpose.ADDRESS)


def move(store: Store, email: str, to: str) -> bool:
    with store.write() as session:
        reader = person(session, email).id or 0
        start_address_change(session, HASHER, reader, to, NOW)
        number = session.get_one(AddressChange, reader).number
    with store.write() as session:
        return (
            complete_address_change(
                session, HASHER, reader, number, origin=ConsentOrigin(), now=NOW
            )
            is not None
        )


@pytest.fixture
def fresh(store: Store) -> Callable[[], Store]:
    """The store, emptied: Hypothesis draws many lives in one test."""

    def emptied() -> Store:
        with store.write() as session:
            for table in (Subscriber, Suppression):
                for row in session.exec(select(table)):
                    session.delete(row)
        return store

    return emptied


def test_a_link_opens_the_same_person_after_a_move_to_another_store(
    store: Store, tmp_path_factory: pytest.TempPathFactory, sqlite_pattern: object
) -> None:
    """The numbers of rows differ there, and somebody else has the number of the first."""
    from pathlib import Path

    from store.engine import open_store

    for email in ("ana@example.com", "bob@example.com", "cyd@example.com"):
        add(store, email)
    bob, ana = token(store, "bob@example.com"), token(store, "ana@example.com")
    with store.write() as session:
        erase_email(session, HASHER, "ana@example.com", NOW)
    path = tmp_path_factory.mktemp("two") / "two.db"
    path.write_bytes(Path(str(sqlite_pattern)).read_bytes())
    other = open_store(f"sqlite:///{path}")
    load(other, exported(store))
    assert opened(other, bob) == "bob@example.com"
    assert opened(other, ana) is None
    legacy = TOKENS.make_legacy(Purpose.PREFERENCES, [2], 0)[0]
    assert opened(other, legacy) is None, "a number of the time before names nobody elsewhere"
    other.close()


def test_a_number_of_the_time_before_opens_who_had_it_and_nobody_who_came_since(
    store: Store,
) -> None:
    first, later = add(store, "ana@example.com"), add(store, "bob@example.com")
    with store.write() as session:
        session.get_one(Subscriber, first).legacy_number = first
    old, new = TOKENS.make_legacy(Purpose.PREFERENCES, [first, later], 0)
    assert (opened(store, old), opened(store, new)) == ("ana@example.com", None)
    with store.write() as session:
        erase_email(session, HASHER, "ana@example.com", NOW)
    assert opened(store, old) is None


def test_an_id_that_is_taken_stays_with_who_has_it(store: Store) -> None:
    """A file whose rows were copied by hand: nobody's address is changed by that."""
    add(store, "ana@example.com")
    ana = token(store, "ana@example.com")
    copied = exported(store).replace("ana@example.com", "bob@example.com")
    load(store, copied)
    assert opened(store, ana) == "ana@example.com"
    load(store, re.sub(r",[0-9a-f]{16},", ",,", copied))
    assert opened(store, ana) == "ana@example.com"
    assert opened(store, token(store, "bob@example.com")) == "bob@example.com"


@pytest.mark.parametrize("purpose", LINKS)
def test_void_links_only_unsubscribe(store: Store, purpose: Purpose) -> None:
    reader = add(store, "ana@example.com")
    add(store, "bob@example.com")
    old, bob = token(store, "ana@example.com", purpose), token(store, "bob@example.com", purpose)
    with store.write() as session:
        assert void_links(session, reader, who="Ed", because="leaked", now=NOW)
    assert opened(store, old, purpose) == "(ana@example.com)"
    assert opened(store, token(store, "ana@example.com", purpose), purpose) == "ana@example.com"
    assert opened(store, bob, purpose) == "bob@example.com"


def test_all_links_are_void_at_once_but_for_who_is_still_to_confirm(store: Store) -> None:
    for email in ("ana@example.com", "bob@example.com", "cyd@example.com"):
        add(store, email)
    with store.write() as session:
        person(session, "cyd@example.com").status = SubscriberStatus.PENDING
    old = [token(store, f"{name}@example.com") for name in ("ana", "bob", "cyd")]
    with store.write() as session:
        assert void_all_links(session, who="Ed", because="leaked", now=NOW) == 2
    assert [opened(store, one) for one in old] == [
        "(ana@example.com)",
        "(bob@example.com)",
        "cyd@example.com",
    ]


def test_after_a_new_address_the_old_mailboxs_links_only_unsubscribe(store: Store) -> None:
    add(store, "old@work.example")
    preferences = token(store, "old@work.example")
    leave = token(store, "old@work.example", Purpose.UNSUBSCRIBE)
    assert move(store, "old@work.example", "new@home.example")
    assert opened(store, preferences) == "(new@home.example)"
    with store.write() as session:
        link = resolve_link(session, TOKENS.read(Purpose.UNSUBSCRIBE, leave))
        assert isinstance(link, ReaderLink)
        unsubscribe_by_token(session, HASHER, link, NOW)
    with store.read() as session:
        assert person(session, "new@home.example").status == SubscriberStatus.UNSUBSCRIBED


def test_moving_to_ones_own_address_in_another_spelling_changes_the_spelling_alone(
    store: Store,
) -> None:
    add(store, "ana@example.com")
    link = token(store, "ana@example.com")
    assert move(store, "ana@example.com", "ANA@example.com")
    with store.read() as session:
        found = person(session, "ana@example.com")
        assert (found.email, found.status) == ("ANA@example.com", SubscriberStatus.ACTIVE)
        assert session.exec(select(Suppression)).all() == []
    assert opened(store, link) == "ANA@example.com"


def test_moving_to_an_address_of_ones_own_that_had_left_comes_back(store: Store) -> None:
    add(store, "ana@work.example")
    left = add(store, "ana@home.example")
    before = token(store, "ana@home.example", Purpose.UNSUBSCRIBE)
    with store.write() as session:
        unsubscribe(session, HASHER, left, "test", NOW)
    assert move(store, "ana@work.example", "ana@home.example")
    with store.read() as session:
        (found,) = session.exec(select(Subscriber)).all()
        assert (found.email, found.status) == ("ana@home.example", SubscriberStatus.ACTIVE)
    assert opened(store, before, Purpose.UNSUBSCRIBE) == "(ana@home.example)"


def test_an_unsubscription_is_undone_within_a_day_and_not_later(store: Store) -> None:
    reader = add(store, "ana@example.com")
    for after, expected in ((timedelta(hours=25), False), (timedelta(hours=23), True)):
        with store.write() as session:
            unsubscribe(session, HASHER, reader, "test", NOW)
        with store.write() as session:
            done = resubscribe(
                session, reader, wording="Oops.", origin=ConsentOrigin(), now=NOW + after
            )
        assert done is expected


def ask(store: Store, email: str, name: str) -> int:
    """Signs up; the number in the link that the letter has."""
    request = SignupRequest(email, name, "Yes, please.", ConsentOrigin())
    with store.write() as session:
        start_signup(session, HASHER, request, NOW)
    with store.read() as session:
        found = session.exec(
            select(RequestedName.number).where(RequestedName.first_name == name)
        ).first()
    return found or 0


def confirm(store: Store, email: str, request: int) -> ConfirmationResult:
    with store.write() as session:
        return complete_signup(
            session,
            person(session, email).id or 0,
            request=request,
            wording="Yes.",
            origin=ConsentOrigin(),
            now=NOW,
        )


def test_the_name_of_the_request_that_was_confirmed_counts(store: Store) -> None:
    ask(store, "ana@example.com", "Somebody Rude")
    own = ask(store, "ana@example.com", "Ana")
    with store.read() as session:
        assert person(session, "ana@example.com").first_name == "", "nothing is proven yet"
    assert confirm(store, "ana@example.com", own) is ConfirmationResult.NOW
    with store.read() as session:
        assert person(session, "ana@example.com").first_name == "Ana"
        assert session.exec(select(RequestedName)).all() == []


def test_readers_change_their_name(store: Store) -> None:
    reader = add(store, "ana@example.com")
    with store.write() as session:
        rename(session, reader, "  Anna\tMaria ", NOW)
    with store.read() as session:
        assert person(session, "ana@example.com").first_name == "Anna Maria"


def test_who_was_erased_comes_back_by_their_own_confirmed_wish(store: Store) -> None:
    add(store, "ana@example.com")
    old = token(store, "ana@example.com", Purpose.UNSUBSCRIBE)
    with store.write() as session:
        erase_email(session, HASHER, "ana@example.com", NOW)
    load(store, "email,status\nana@example.com,active\n")
    with store.read() as session:
        assert session.exec(select(Subscriber)).all() == [], "an import does not bring them back"
    asked = ask(store, "ana@example.com", "Ana")
    assert confirm(store, "ana@example.com", asked) is ConfirmationResult.NOW
    with store.read() as session:
        assert person(session, "ana@example.com").status == SubscriberStatus.ACTIVE
        assert session.exec(select(Suppression)).all() == []
    assert opened(store, old, Purpose.UNSUBSCRIBE) is None


def test_erasing_takes_the_address_out_of_what_others_asked_for(store: Store) -> None:
    add(store, "ana@example.com")
    reader = add(store, "bob@example.com")
    with store.write() as session:
        start_address_change(session, HASHER, reader, "Ana@Example.com", NOW)
    with store.write() as session:
        erase_email(session, HASHER, "ana@example.com", NOW)
    with store.read() as session:
        assert session.get_one(AddressChange, reader).email is None
        from digest.deliver.transactional.tables import TransactionalMessage

        (message,) = session.exec(
            select(TransactionalMessage).order_by(col(TransactionalMessage.id))
        ).all()
        assert (message.email, message.state) == ("", "suppressed")


def test_ones_data_is_mailed_once_a_day_and_not_to_who_complained(store: Store) -> None:
    from digest.deliver.transactional.tables import TransactionalMessage
    from subscribers.suppression import suppress_complained

    reader = add(store, "ana@example.com")
    with store.write() as session:
        assert request_data(session, HASHER, reader, NOW) is DataRequest.MAILED
        assert request_data(session, HASHER, reader, NOW) is DataRequest.MAILED
        assert request_data(session, HASHER, 999, NOW) is DataRequest.NOBODY
    with store.read() as session:
        kinds = session.exec(select(TransactionalMessage.kind)).all()
    assert kinds == ["data"]
    with store.write() as session:
        suppress_complained(session, {reader: "spam"}, NOW)
    with store.write() as session:
        assert request_data(session, HASHER, reader, NOW) is DataRequest.UNDELIVERABLE


def test_links_of_before_unsubscribe_whoever_was_on_the_other_list_already(
    store: Store, fresh: Callable[[], Store]
) -> None:
    """On both lists under ids of their own: a link that said so and did nothing would lose them."""
    add(store, "ana@example.org")
    links = {one: token(store, "ana@example.org", one) for one in LINKS}
    text = exported(store)
    other = fresh()
    add(other, "Ana@example.org")
    own = token(other, "ana@example.org")
    for _ in range(2):
        load(other, text)
        assert opened(other, own) == "Ana@example.org"
        for purpose, link in links.items():
            assert opened(other, link, purpose) == "(Ana@example.org)"
