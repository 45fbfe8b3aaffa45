"""However many hits one delivery has, a further one makes no work of those before it.

Bounds are in what is read, judged and written, not in time.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event as events
from sqlalchemy import insert, update
from sqlmodel import col, select

from digest.deliver.tables import Batch, Delivery
from digest.events.tables import Event
from digest.track.hits import classification
from digest.track.hits.bot_detection import MAX_TOGETHER, DeliveryContext, ObservedHit, Rule
from digest.track.hits.classification import classify_all
from store.engine import Store
from subscribers.addresses import AddressHasher
from tests.integration.web.rows import ISSUE, NOW, add_delivery, add_issue, add_subscriber

HITS = 3 * MAX_TOGETHER
BEFORE = MAX_TOGETHER + 200


@pytest.fixture
def delivery(store: Store) -> int:
    add_issue(store, links={number: f"https://example.org/{number}" for number in range(1, 11)})
    hasher = AddressHasher("another secret of the tests, long enough")
    person = add_subscriber(store, hasher, "reader@example.org")
    add_delivery(store, person)
    with store.write() as session:
        session.execute(update(Batch).values(done_at=NOW))
        return session.exec(select(Delivery.id)).one() or 0


def _store(store: Store, delivery: int, first: int, many: int) -> None:
    rows = [
        {
            "key": f"hit:{number:06}",
            "kind": "clicked",
            "issue_number": ISSUE,
            "delivery_id": delivery,
            "link_number": 1 + number % 9,
            "detail": {"method": "GET", "user_agent": "Mozilla/5.0 (X11) Firefox/132.0"},
            "at": NOW + timedelta(seconds=900 + number),
        }
        for number in range(first, first + many)
    ]
    with store.write() as session:
        session.execute(insert(Event), rows)


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many hits were judged together, each time."""
    found: list[int] = []
    judge = classification.classify

    def counted(hits: Sequence[ObservedHit], context: DeliveryContext) -> list[Rule]:
        found.append(len(hits))
        return judge(hits, context)

    monkeypatch.setattr(classification, "classify", counted)
    return found


@pytest.fixture
def statements(store: Store) -> Iterator[list[str]]:
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    events.listen(store.engine, "before_cursor_execute", note)
    yield found
    events.remove(store.engine, "before_cursor_execute", note)


def test_so_many_hits_are_judged_once_and_never_more_than_the_bound_together(
    store: Store, delivery: int, judged: list[int], statements: list[str]
) -> None:
    _store(store, delivery, 0, HITS)
    statements.clear()
    assert classify_all(store) == HITS
    assert judged == [MAX_TOGETHER]
    assert len(statements) < 60


def test_a_further_hit_makes_no_work_of_those_before_it(
    store: Store, delivery: int, judged: list[int], statements: list[str]
) -> None:
    _store(store, delivery, 0, BEFORE)
    classify_all(store)
    _store(store, delivery, BEFORE, 1)
    judged.clear()
    statements.clear()
    assert classify_all(store) == 1
    assert judged == []
    assert len(statements) < 15
    with store.read() as session:
        last = session.exec(select(Event).order_by(col(Event.id).desc())).first()
    assert last is not None
    assert last.rule == Rule.FLOOD
