"""Events are stored as they were given, each once, however many come together."""

import json
from datetime import UTC, datetime

import pytest
from sqlmodel import col, select

from digest.events.insertion import MAX_ROWS, EventRow, columns_of
from digest.events.tables import Event, EventKind
from digest.events.writer import record_events, record_new_events
from store.engine import Store

AT = datetime(2026, 11, 23, 8, 0, 0, 250, tzinfo=UTC)
WORDS = ['say "no"', "a\\b", "{,}", "NULL", "", "é\u2028", 'the end\\"']


def row(key: str, said: str = "", *, machine: bool | None = None) -> EventRow:
    detail = json.dumps({"reason": said}, ensure_ascii=False)
    return EventRow(key, EventKind.UNKNOWN, None, None, None, machine, detail, None, AT)


def test_what_an_event_says_is_stored_as_it_is(store: Store) -> None:
    rows = [
        row(f"key {word}", word, machine=machine)
        for word, machine in zip(WORDS, [None, True, False] * 3, strict=False)
    ]
    with store.write() as session:
        assert set(record_new_events(session, columns_of(rows))) == {
            (one.key, None) for one in rows
        }
    with store.read() as session:
        found = session.exec(select(Event)).all()
    assert {(one.key, one.detail["reason"], one.machine, one.at) for one in found} == {
        (one.key, json.loads(one.detail)["reason"], one.machine, AT) for one in rows
    }


@pytest.mark.parametrize("many", [1, 3, MAX_ROWS - 1, MAX_ROWS, MAX_ROWS + 1])
def test_each_is_stored_once(store: Store, many: int) -> None:
    rows = [row(f"k{place:05}") for place in range(many)]
    with store.write() as session:
        record_events(session, columns_of([]))
        record_events(session, columns_of(rows[: many // 2]))
        new = record_new_events(session, columns_of(rows))
        assert {key for key, _ in new} == {one.key for one in rows[many // 2 :]}
        assert record_new_events(session, columns_of(rows)) == []
        assert len(session.exec(select(col(Event.id))).all()) == many
