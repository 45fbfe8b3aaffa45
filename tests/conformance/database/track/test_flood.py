"""One reader who asks for the links of one mail over and over: nobody else waits for it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import select, text, update

from digest.deliver.tables import Delivery
from digest.events.tables import Event, EventKind
from digest.track.hits import classification
from digest.track.hits.bot_detection import MAX_TOGETHER, DeliveryContext, ObservedHit, Rule
from digest.track.hits.classification import classify_all, reclassify_later
from digest.track.hits.writer import HitWriter
from digest.track.provider_events.delivery_event import DeliveryEvent
from digest.track.provider_events.ingest import ingest
from store.engine import Store
from tests.conformance.database.track.test_classification import (
    HASHER,
    ISSUE,
    NOW,
    book,
    hit,
    keep,
    people,
    rules,
)
from tests.parts.links import claims_for
from tests.parts.traces import CHROME

__all__ = ["book", "people"]
HITS = 12_000
MOST_STATEMENTS = 15
"""Of a round that finds one more hit, whatever the delivery has."""


def flood(store: Store, book: HitWriter, person: int, number: int) -> None:
    keep(
        store,
        book,
        *[hit(person, 7_200 + place / 200, 1 + place % 9, CHROME) for place in range(number)],
    )


@pytest.fixture
def statements(store: Store) -> Iterator[list[str]]:
    """What the database is asked."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    event.listen(store.engine, "before_cursor_execute", note)
    yield found
    event.remove(store.engine, "before_cursor_execute", note)


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many hits each call of the classifier was given."""
    given: list[int] = []
    real = classification.classify

    def counting(hits: Sequence[ObservedHit], context: DeliveryContext) -> list[Rule]:
        given.append(len(hits))
        return real(hits, context)

    monkeypatch.setattr(classification, "classify", counting)
    return given


def test_of_a_flood_on_one_delivery_only_the_first_hits_are_classified_together(
    store: Store, book: HitWriter, people: list[int], looked_at: list[int], statements: list[str]
) -> None:
    flood(store, book, people[0], HITS)
    assert classify_all(store) == HITS
    assert max(looked_at) == MAX_TOGETHER
    found = Counter(rule for rule, _ in rules(store))
    assert found["flood"] == HITS - MAX_TOGETHER
    assert all(machine for rule, machine in rules(store) if rule == "flood")
    looked_at.clear()
    keep(store, book, hit(people[0], 9_000, 3))
    statements.clear()
    assert classify_all(store) == 1, "one more click does not touch those before it"
    assert looked_at == [], "nor is anything before it looked at"
    assert len(statements) <= MOST_STATEMENTS


def test_what_came_beyond_the_limit_is_not_classified_again(
    store: Store, book: HitWriter, people: list[int]
) -> None:
    flood(store, book, people[0], MAX_TOGETHER + 50)
    classify_all(store)
    with store.write() as session:
        delivery = session.exec(select(Event.delivery_id)).first()
        assert delivery is not None
        reclassify_later(session, [delivery])
    assert Counter(rule for rule, _ in rules(store))[None] == MAX_TOGETHER


def test_another_readers_hits_are_classified_beside_a_flood(
    store: Store, book: HitWriter, people: list[int]
) -> None:
    flood(store, book, people[0], MAX_TOGETHER + 50)
    keep(store, book, hit(people[1], 9_000), hit(people[1], 9_030, 3))
    classify_all(store)
    assert [rule for rule, _ in rules(store)[-2:]] == ["person", "person"]


def test_nobody_waits_for_a_lock_while_hits_are_classified(
    store: Store, book: HitWriter, people: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = classification.classify
    written = []

    def writing(hits: Sequence[ObservedHit], context: DeliveryContext) -> list[Rule]:
        with store.write() as session:
            if not store.is_sqlite:
                session.execute(text("SET LOCAL lock_timeout = '2s'"))
            session.execute(update(Delivery).values(code="written"))
            session.execute(update(Event).values(link_number=Event.link_number))
        written.append(len(hits))
        return real(hits, context)

    monkeypatch.setattr(classification, "classify", writing)
    keep(store, book, hit(people[0], 5_000, 1))
    assert classify_all(store) == 1
    assert written == [1]


def test_what_becomes_known_while_hits_are_classified_is_not_lost(
    store: Store, book: HitWriter, people: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = classification.classify
    anna = people[0]
    late = DeliveryEvent(
        "late", EventKind.DELIVERED, claims_for(store, anna, ISSUE), NOW + timedelta(seconds=3_599)
    )

    def told_meanwhile(hits: Sequence[ObservedHit], context: DeliveryContext) -> list[Rule]:
        with store.write() as session:
            ingest(session, HASHER, [late], NOW)
        return real(hits, context)

    keep(store, book, hit(anna, 3_600), hit(anna, 3_605, 1))
    monkeypatch.setattr(classification, "classify", told_meanwhile)
    classify_all(store)
    monkeypatch.setattr(classification, "classify", real)
    classify_all(store)
    assert [rule for rule, _ in rules(store)] == ["soon", "soon"]


def test_of_two_workers_that_classify_one_delivery_none_undoes_the_other(
    store: Store, book: HitWriter, people: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = classification.classify
    anna = people[0]

    def second_worker(hits: Sequence[ObservedHit], context: DeliveryContext) -> list[Rule]:
        monkeypatch.setattr(classification, "classify", real)
        keep(store, book, hit(anna, 314, 3, CHROME))
        classify_all(store)
        return real(hits, context)

    keep(store, book, hit(anna, 300), hit(anna, 310, 1, CHROME), hit(anna, 312, 2, CHROME))
    monkeypatch.setattr(classification, "classify", second_worker)
    classify_all(store)
    classify_all(store)
    assert [rule for rule, _ in rules(store)] == ["person", "burst", "burst", "burst"]
