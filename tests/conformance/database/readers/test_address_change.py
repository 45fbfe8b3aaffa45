"""A reader's address changes when its new owner says so; what is known of them can be had whole."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from digest.catalog.tables import Tool, Vote
from digest.deliver.ledger.finish import count_deliveries
from digest.deliver.ledger.freeze import freeze_audience
from digest.deliver.providers.base import Rejected
from digest.deliver.tables import Attempt, Delivery
from digest.deliver.transactional.tables import TransactionalMessage
from digest.events.tables import Event, EventKind
from digest.events.writer import record_event
from digest.readers.address_change import complete_address_change, start_address_change
from digest.readers.data_export import export_reader
from digest.readers.erasure import erase_reader
from digest.readers.signup import MESSAGES_PER_DAY, MESSAGES_PER_MONTH, MONTH
from store.engine import Store
from subscribers.addresses import AddressError, AddressHasher
from subscribers.consent import ConsentOrigin, record_consent
from subscribers.preferences import AddressChanged
from subscribers.suppression import suppress
from subscribers.tables import AddressChange, Subscriber, Suppression, SuppressionReason
from tests.integration.web.rows import everything
from tests.parts.world import NOW, SECRET, add_approved, add_people

HASHER = AddressHasher(SECRET)
NEW = "New.Place@example.net"
MONTH_BEGINS = datetime.fromtimestamp(
    NOW.timestamp() // MONTH.total_seconds() * MONTH.total_seconds(), UTC
)
"""When the span begins that messages of a month are counted in."""


@pytest.fixture
def ana(store: Store) -> int:
    add_people(store, 1)
    return 1


def ask(store: Store, reader: int = 1, email: str = NEW) -> None:
    with store.write() as session:
        start_address_change(session, HASHER, reader, email, NOW)


def newest(store: Store, reader: int = 1) -> int:
    """The number that the newest link carries; 0 if nothing was asked for."""
    with store.read() as session:
        change = session.get(AddressChange, reader)
    return change.number if change else 0


def complete(store: Store, number: int | None = None, reader: int = 1) -> AddressChanged | None:
    number = newest(store, reader) if number is None else number
    with store.write() as session:
        return complete_address_change(
            session, HASHER, reader, number, origin=ConsentOrigin(), now=NOW
        )


def person(store: Store, number: int = 1) -> Subscriber:
    with store.read() as session:
        found = session.get(Subscriber, number)
        assert found is not None
        return found


def letters(store: Store) -> list[tuple[str, str | None]]:
    with store.read() as session:
        rows = session.exec(select(TransactionalMessage).order_by(TransactionalMessage.id))  # type: ignore[arg-type]
        return [(one.kind, one.email) for one in rows]


def test_nothing_moves_before_the_new_address_says_yes(store: Store, ana: int) -> None:
    ask(store)
    assert person(store).email == "reader0@example.org"
    assert letters(store) == [("change", NEW)]
    assert complete(store) == AddressChanged("reader0@example.org", NEW)
    assert (person(store).email, person(store).email_key) == (NEW, NEW.lower())
    assert person(store).address_hash == HASHER.hash(NEW.lower())
    assert letters(store) == [("change", NEW), ("changed", "reader0@example.org")]


def test_a_change_is_made_once_and_only_the_newest(store: Store, ana: int) -> None:
    ask(store, email="first@example.net")
    older = newest(store)
    ask(store)
    assert complete(store, older) is None
    assert complete(store) is not None
    before = everything(store)
    assert complete(store) is None
    assert everything(store) == before


def test_an_address_of_somebody_else_is_not_taken_over(store: Store, ana: int) -> None:
    add_people(store, 1)
    ask(store, email="reader1@example.org")
    assert complete(store) is None
    assert person(store).email == "reader0@example.org"
    assert person(store, 2).email == "reader1@example.org"


def test_a_request_that_was_never_confirmed_gives_way(store: Store, ana: int) -> None:
    add_people(store, 1, "pending")
    ask(store, email="reader1@example.org")
    assert complete(store) is not None
    with store.read() as session:
        assert session.exec(select(Subscriber.email)).all() == ["reader1@example.org"]


def test_a_suppressed_address_is_not_moved_to(store: Store, ana: int) -> None:
    with store.write() as session:
        suppress(session, HASHER.hash(NEW.lower()), NEW, SuppressionReason.COMPLAINED, NOW)
    ask(store)
    assert complete(store) is None


def test_no_old_list_brings_the_old_address_back(store: Store, ana: int) -> None:
    """It is kept as one that left, and nothing but its hash is."""
    ask(store)
    assert complete(store) is not None
    with store.read() as session:
        kept = session.exec(select(Suppression)).one()
    assert (kept.reason, kept.email) == ("unsubscribed", None)
    assert kept.address_hash == HASHER.hash("reader0@example.org")


def test_a_reader_may_move_back(store: Store, ana: int) -> None:
    ask(store)
    assert complete(store) is not None
    ask(store, email="reader0@example.org")
    assert complete(store) == AddressChanged(NEW, "reader0@example.org")
    with store.read() as session:
        kept = session.exec(select(Suppression)).one()
    assert kept.address_hash == HASHER.hash(NEW.lower()), "the other one has left now"


@pytest.mark.parametrize("status", ["pending", "unsubscribed", "bounced", "complained"])
def test_only_who_is_on_the_list_moves(store: Store, status: str) -> None:
    add_people(store, 1, status)
    ask(store)
    assert letters(store) == []


def test_it_is_no_way_to_pester_people(store: Store, ana: int) -> None:
    for _ in range(MESSAGES_PER_DAY + 3):
        ask(store)
    assert len(letters(store)) == MESSAGES_PER_DAY


def test_many_readers_pester_nobody_day_after_day_either(store: Store) -> None:
    """A sign-up was bounded by the month, a change by the day alone: 90 letters a month."""
    add_people(store, 3)
    for day in range(MESSAGES_PER_MONTH):
        for reader in (1, 2, 3):
            with store.write() as session:
                email = f"v.ictim+{day}{reader}@gmail.com"
                moment = MONTH_BEGINS + timedelta(days=day)
                start_address_change(session, HASHER, reader, email, moment)
    assert len(letters(store)) == MESSAGES_PER_MONTH


@pytest.mark.parametrize(
    "email",
    [
        "nowhere",
        "root@localhost",
        "ana@mail.internal",
        "|program@example.org",
        "ana%example.net@example.org",
        "example.net!ana@example.org",
        "/var/mail/ana@example.org",
        "`id`@example.org",
    ],
)
def test_what_no_reader_has_as_an_address_is_refused(store: Store, ana: int, email: str) -> None:
    with pytest.raises(AddressError):
        ask(store, email=email)
    assert not letters(store)


def test_a_domain_that_looks_misspelt_is_taken_where_no_form_asks_back(
    store: Store, ana: int
) -> None:
    ask(store, email="ana@gmial.com")
    assert letters(store) == [("change", "ana@gmial.com")]


@pytest.fixture
def known(store: Store, ana: int) -> int:
    """A reader with a history: an issue refused once in words that name them, a click, a vote."""
    number = add_approved(store)
    with store.write() as session:
        freeze_audience(session, number, 10, NOW)
        delivery = session.exec(select(Delivery.id)).one()
        record_consent(session, ana, "confirmed", "Yes.", NOW, ip="192.0.2.7", form="confirm-1")  # type: ignore[arg-type]
        session.add(
            Attempt(
                delivery_id=delivery or 0,
                provider="smtp",
                outcome=Rejected.__name__.lower(),
                code="450",
                detail="<reader0@example.org>: try later",
                at=NOW,
            )
        )
        record_event(
            session,
            Event(
                key="k",
                kind=EventKind.CLICKED,
                issue_number=number,
                delivery_id=delivery,
                link_number=1,
                detail={"user_agent": "reader0's own browser"},
                at=NOW,
            ),
        )
        session.add(Tool(id=1, slug="alpha", name="Alpha"))
        session.flush()
        session.add(Vote(subscriber_id=ana, tool_id=1, verdict="ship", at=NOW))
    ask(store)
    return number


def test_the_export_has_everything_and_is_json(store: Store, known: int) -> None:
    with store.read() as session:
        found = json.loads(json.dumps(export_reader(session, 1)))
        assert export_reader(session, 4711) is None
    assert found["email"] == "reader0@example.org"
    assert found["preferences"]["frequency"] == "every"
    assert found["new_address_asked_for"] == NEW
    assert [one["wording"] for one in found["consents"]] == ["Yes."]
    assert [one["issue_number"] for one in found["issues"]] == [known]
    assert [one["kind"] for one in found["events"]] == ["clicked"]
    assert found["votes"] == [{"tool": "alpha", "verdict": "ship", "at": NOW.isoformat()}]
    assert [one["kind"] for one in found["letters"]] == ["change"]


def test_an_erased_reader_leaves_a_hash_and_counts_that_balance(store: Store, known: int) -> None:
    with store.write() as session:
        before = count_deliveries(session, known)
        assert erase_reader(session, HASHER, 1, NOW)
        assert not erase_reader(session, HASHER, 1, NOW)
    left = str(everything(store)).lower()
    for word in ("reader0", "reader 0", NEW.lower(), "192.0.2.7"):
        assert word not in left, word
    with store.read() as session:
        assert count_deliveries(session, known) == before
        (kept,) = session.exec(select(Suppression)).all()
        assert (kept.reason, kept.email) == ("erased", None)
        assert kept.address_hash == HASHER.hash("reader0@example.org")
