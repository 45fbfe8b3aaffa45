"""Labels in the store: of everything new, again when more is known, the same in any portions."""

from datetime import timedelta

import pytest
from sqlmodel import col, select, update

from digest.deliver.tables import Batch, Delivery
from digest.events.tables import Event, EventKind
from digest.issues.tables import Issue, Link
from digest.reports.issue_report import report_of
from digest.track.hits.classification import classify_all, classify_batch
from digest.track.hits.targets import Hit
from digest.track.hits.writer import HitWriter
from digest.track.provider_events.delivery_event import DeliveryEvent
from digest.track.provider_events.ingest import ingest
from store.engine import Store
from subscribers.addresses import AddressHasher
from subscribers.tables import Subscriber
from subscribers.tokens import Purpose, Tokens
from tests.integration.web.rows import ISSUE, NOW, add_delivery, add_issue, add_subscriber
from tests.parts.links import claims_for
from tests.parts.traces import CHROME, PHONE

TOKENS = Tokens(["a secret of the tests that is long enough"])
BEYOND = 10_000
"""A public id is so much more than its row's number here."""
HASHER = AddressHasher("another secret of the tests, long enough")
LINKS = {number: f"https://example.org/{number}" for number in range(1, 11)}


@pytest.fixture
def book() -> HitWriter:
    return HitWriter(TOKENS)


@pytest.fixture
def people(store: Store) -> list[int]:
    """Three whose issue arrived at NOW."""
    add_issue(store, links=LINKS)
    found = [add_subscriber(store, HASHER, f"reader{place}@example.org") for place in range(3)]
    for one in found:
        add_delivery(store, one)
    with store.write() as session:
        session.execute(update(Batch).values(done_at=NOW))
        session.execute(update(Subscriber).values(public_id=col(Subscriber.id) + BEYOND))
        session.execute(update(Issue).values(public_id=col(Issue.number) + BEYOND))
        session.execute(update(Link).where(Link.number == 10).values(kind="hidden"))  # type: ignore[arg-type]
    return found


def hit(person: int, after: float, link: int = 0, agent: str = PHONE, method: str = "GET") -> Hit:
    purpose = Purpose.CLICK if link else Purpose.OPEN
    token = TOKENS.make(purpose, person + BEYOND, ISSUE + BEYOND)
    return Hit(link, token, method, agent, NOW + timedelta(seconds=after))


def keep(store: Store, book: HitWriter, *hits: Hit) -> None:
    with store.write() as session:
        book.write(session, hits)


def rules(store: Store) -> list[tuple[str | None, bool | None]]:
    with store.read() as session:
        rows = session.exec(select(Event).order_by(Event.at, Event.id))  # type: ignore[arg-type]
        return [(one.rule, one.machine) for one in rows if one.kind in ("opened", "clicked")]


def test_hits_are_labelled_once_and_the_report_shows_both(
    store: Store, book: HitWriter, people: list[int]
) -> None:
    anna, ben, _ = people
    keep(store, book, hit(anna, 900), hit(anna, 950, 3), hit(ben, 960, 10, CHROME))
    assert rules(store) == [(None, None)] * 3
    assert classify_all(store) == 3
    assert rules(store) == [("person", False), ("person", False), ("hidden", True)]
    assert classify_all(store) == 0
    with store.read() as session:
        found = report_of(session, ISSUE)
    assert found["people"] == {"opens": 1, "clicks": 1, "votes": 0, "unsubscribes": 0}
    assert found["machines"] == {"opens": 0, "clicks": 1}
    assert found["unlabelled"] == {"opens": 0, "clicks": 0}


def test_a_burst_that_is_completed_later_labels_its_first_hits_anew(
    store: Store, book: HitWriter, people: list[int]
) -> None:
    anna = people[0]
    keep(store, book, hit(anna, 300), hit(anna, 310, 1, CHROME), hit(anna, 312, 2, CHROME))
    classify_all(store)
    assert [rule for rule, _ in rules(store)] == ["person"] * 3
    keep(store, book, hit(anna, 314, 3, CHROME), hit(anna, 9_000, 3))
    assert classify_all(store) == 4
    assert [rule for rule, _ in rules(store)] == ["person", "burst", "burst", "burst", "person"]


def test_a_delivery_that_is_told_late_labels_its_hits_anew(
    store: Store, book: HitWriter, people: list[int]
) -> None:
    anna = people[0]
    keep(store, book, hit(anna, 3_600), hit(anna, 3_605, 1))
    classify_all(store)
    assert [rule for rule, _ in rules(store)] == ["person", "person"]
    late = DeliveryEvent(
        "late", EventKind.DELIVERED, claims_for(store, anna, ISSUE), NOW + timedelta(seconds=3_599)
    )
    with store.write() as session:
        ingest(session, HASHER, [late], NOW)
    classify_all(store)
    assert [rule for rule, _ in rules(store)] == ["soon", "soon"]


def test_the_providers_flag_stays_a_machines_when_hits_are_judged_again(
    store: Store, book: HitWriter, people: list[int]
) -> None:
    anna = people[0]
    flagged = DeliveryEvent(
        "f",
        EventKind.OPENED,
        claims_for(store, anna, ISSUE),
        NOW,
        machine=True,
        detail='{"machine": true}',
    )
    with store.write() as session:
        ingest(session, HASHER, [flagged], NOW)
    classify_all(store)
    keep(store, book, hit(anna, 5_000))
    classify_all(store)
    assert rules(store) == [("flag", True), ("person", False)]


def test_in_small_portions_it_comes_to_the_same(
    store: Store, book: HitWriter, people: list[int]
) -> None:
    for person in people:
        keep(store, book, *[hit(person, 60 + link, link, CHROME) for link in range(1, 10)])
        keep(store, book, hit(person, 5_000), hit(person, 5_100, 1))
    while classify_batch(store, at_once=4)[0]:
        pass
    portions = rules(store)
    with store.write() as session:
        session.execute(update(Event).values(rule=None, machine=None))
    classify_all(store)
    assert rules(store) == portions
    assert [rule for rule, _ in portions].count("person") == 6


def test_hits_of_nobody_are_judged_each_by_itself(
    store: Store, book: HitWriter, people: list[int]
) -> None:
    keep(store, book, *[hit(0, 100 + link / 10, link) for link in range(1, 6)])
    keep(store, book, hit(0, 200, 1, method="HEAD"))
    classify_all(store)
    assert [rule for rule, _ in rules(store)] == ["person"] * 5 + ["head"]


def test_who_is_erased_leaves_hits_that_can_still_be_judged(
    store: Store, book: HitWriter, people: list[int]
) -> None:
    keep(store, book, hit(people[0], 100, 1))
    with store.write() as session:
        session.execute(update(Delivery).values(subscriber_id=None))
    assert classify_all(store) == 1
