"""The statement that stores many events, written out for each database.

It is SQL as text: built by SQLAlchemy it would be spelt and looked up anew for every group, which
costs more than the few clicks of one. Values travel as SQLite and PostgreSQL take them fastest: as
rows of parameters, and as one array a column.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from digest.events.tables import EventKind
from store.times import database_text

MAX_ROWS = 1_024
"""In one statement on SQLite, which takes 32,766 parameters."""


class EventRow(NamedTuple):
    """One event to store. `issue` and `subscriber` name the delivery by public ids, None where it
    is unknown.

    `key` makes it one of a kind. `detail` is JSON. An issue that does not exist is stored as none.
    A hit by a link of another `epoch` than the subscriber's names nobody: the link is void.
    """

    key: str
    kind: EventKind
    issue: int | None
    subscriber: int | None
    link: int | None
    machine: bool | None
    detail: str
    epoch: int | None
    at: datetime


class EventColumns(NamedTuple):
    """Many events to store, as a column for each field of EventRow: less work than many rows."""

    key: Sequence[str]
    kind: Sequence[EventKind]
    issue: Sequence[int | None]
    subscriber: Sequence[int | None]
    link: Sequence[int | None]
    machine: Sequence[bool | None]
    detail: Sequence[str]
    epoch: Sequence[int | None]
    at: Sequence[datetime]


def columns_of(rows: Sequence[EventRow]) -> EventColumns:
    """Return the columns of `rows`."""
    return EventColumns(*zip(*rows, strict=True)) if rows else EventColumns(*[()] * len(_TYPES))


_TYPES: Mapping[str, str] = {
    "key": "text",
    "kind": "text",
    "issue": "integer",
    "subscriber": "bigint",
    "link": "integer",
    "machine": "boolean",
    "detail": "text",
    "epoch": "integer",
    "at": "timestamptz",
}
_WORDS = {kind: str(kind) for kind in EventKind}
"""Plain text, which drivers take as it is."""
_INSERT = """
INSERT INTO event ("key", kind, issue_number, delivery_id, link_number, machine, detail, at)
SELECT given."key", given.kind, issue.number,
    CASE WHEN given.kind != 'opened' AND given.kind != 'clicked'
        OR subscriber.tracking AND (given.epoch IS NULL OR given.epoch = subscriber.link_epoch)
    THEN delivery.id END,
    given.link, given.machine, {detail}, given.at
FROM {given}
LEFT JOIN issue ON issue.public_id = given.issue
LEFT JOIN subscriber ON subscriber.public_id = given.subscriber
LEFT JOIN delivery
    ON delivery.issue_number = issue.number AND delivery.subscriber_id = subscriber.id
WHERE given."key" IS NOT NULL
ORDER BY given."key"
ON CONFLICT DO NOTHING
"""
"""Hits name nobody where the subscriber does not want to be tracked.

In the order of keys: two processes that store the same events would block each other otherwise,
and neighbours in time are neighbours in the index."""


def sqlite_statements(events: EventColumns) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Return statements with their parameters, which together store the events.

    There is one text for each power of two up to MAX_ROWS, so that the driver keeps them compiled;
    the rows that are left over are empty, and passed over.
    """
    columns, width = _columns(events, sqlite=True), len(_TYPES)
    for start in range(0, len(events.key), MAX_ROWS):
        many = min(MAX_ROWS, len(events.key) - start)
        size = 1 << (many - 1).bit_length()
        values = [None] * (size * width)
        for place, column in enumerate(columns):
            values[place : many * width : width] = column[start : start + many]
        yield _sqlite_text(size), tuple(values)


def postgresql_parameters(events: EventColumns) -> dict[str, str]:
    """Return the parameters of POSTGRESQL and its variant: an array for each column.

    They are spelt here, since the driver would spell each of their values by itself.
    """
    columns = zip(_TYPES.items(), _columns(events, sqlite=False), strict=True)
    return {
        name: _text_array(column) if kind == "text" else _array(column)
        for (name, kind), column in columns
    }


def _array(values: Sequence[object]) -> str:
    return f"{{{','.join(['NULL' if one is None else str(one) for one in values])}}}"


def _text_array(texts: Sequence[str]) -> str:
    """Spell an array of texts, none of them null (PostgreSQL 8.15.6)."""
    joined = '","'.join(texts)
    if "\\" in joined or joined.count('"') != 2 * (len(texts) - 1):
        escaped = {one: one.replace("\\", r"\\").replace('"', r"\"") for one in set(texts)}
        joined = '","'.join([escaped[one] for one in texts])
    return f'{{"{joined}"}}'


def _columns(events: EventColumns, *, sqlite: bool) -> list[Sequence[Any]]:
    columns: list[Sequence[Any]] = list(events)
    columns[1] = [_WORDS.get(kind, kind) for kind in events.kind]
    # Many events of a post share a moment, and spelling one costs more than all else here. By
    # identity: to hash an aware time costs as much as to spell it.
    moments = {id(at): at for at in events.at}
    spelt = {key: database_text(at, sqlite=sqlite) for key, at in moments.items()}
    columns[-1] = [spelt[id(at)] for at in events.at]
    return columns


@cache
def _sqlite_text(size: int) -> str:
    row = f"({', '.join('?' * len(_TYPES))})"
    names = ", ".join(f'"{name}"' for name in _TYPES)
    given = f"WITH given({names}) AS (VALUES {', '.join([row] * size)})"
    return given + _INSERT.format(given="given", detail="given.detail")


_ARRAYS = ", ".join(f"%({name})s::{kind}[]" for name, kind in _TYPES.items())
_NAMES = ", ".join(f'"{name}"' for name in _TYPES)
POSTGRESQL = _INSERT.format(
    given=f"unnest({_ARRAYS}) AS given({_NAMES})", detail="given.detail::json"
)
POSTGRESQL_RETURNING = "\n".join(
    [
        "WITH stored AS (",
        POSTGRESQL,
        'RETURNING "key", delivery_id)',
        """SELECT string_agg("key", chr(31)), string_agg(coalesce(delivery_id::text, ''), ',')""",
        "FROM stored",
    ]
)
SQLITE_LAST = "SELECT coalesce(max(id), 0) FROM event"
SQLITE_SINCE = """
SELECT group_concat("key", char(31)), group_concat(coalesce(delivery_id, ''), ',')
FROM event WHERE id > ?
"""


def stored_events(keys: str | None, deliveries: str | None) -> list[tuple[str, int | None]]:
    """Return key and delivery of each event, of what the two statements above select.

    Two texts are read faster than so many rows; no key has a control character.
    """
    if keys is None or deliveries is None:
        return []
    ids = [int(one) if one else None for one in deliveries.split(",")]
    return list(zip(keys.split("\x1f"), ids, strict=True))
