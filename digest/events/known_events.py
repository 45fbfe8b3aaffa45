"""Stores events whose delivery was looked up before, and tells which of them were new.

SQL as text, with values as each database takes them fastest, as in `insertion`.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection
from sqlmodel import Session

from digest.events.insertion import MAX_ROWS, array, kinds_as_text, text_array, times_as_text
from digest.events.tables import EventKind


class KnownEvents(NamedTuple):
    """Many events to store, by columns, in the order of their keys and each key once.

    `detail` is JSON.
    """

    key: Sequence[str]
    kind: Sequence[EventKind]
    issue_number: Sequence[int | None]
    delivery_id: Sequence[int | None]
    machine: Sequence[bool | None]
    detail: Sequence[str]
    at: Sequence[datetime]


_TYPES = {
    "key": "text",
    "kind": "text",
    "issue_number": "integer",
    "delivery_id": "integer",
    "machine": "boolean",
    "detail": "text",
    "at": "timestamptz",
}
_NAMES = ", ".join(f'"{name}"' for name in _TYPES)
_LAST = "SELECT coalesce(max(id), 0) FROM event"
_SINCE = """SELECT group_concat("key", char(31)) FROM event WHERE id > ?"""
_ARRAYS = ", ".join(f"%({name})s::{kind}[]" for name, kind in _TYPES.items())
_POSTGRESQL = f"""
WITH stored AS (
    INSERT INTO event ({_NAMES})
    SELECT {_NAMES.replace('"detail"', '"detail"::json')} FROM unnest({_ARRAYS}) AS given({_NAMES})
    ON CONFLICT DO NOTHING RETURNING "key")
SELECT string_agg("key", chr(31)) FROM stored
"""  # noqa: S608 - fixed names


def record_known_events(session: Session, events: KnownEvents) -> set[str]:
    """Stores events in the caller's transaction; returns the keys of those that are new.

    In the order of keys: two processes that store the same events would block each other otherwise,
    and neighbours in time are neighbours in the index.
    """
    if not events.key:
        return set()
    connection = session.connection()
    if session.get_bind().dialect.name == "sqlite":
        return _record_on_sqlite(connection, events)
    columns = zip(_TYPES.items(), _columns(events, sqlite=False), strict=True)
    parameters = {
        name: text_array(column) if kind == "text" else array(column)
        for (name, kind), column in columns
    }
    return _keys(connection.exec_driver_sql(_POSTGRESQL, parameters).scalar_one())


def _record_on_sqlite(connection: Connection, events: KnownEvents) -> set[str]:
    """SQLite has one writer, so every row with a higher id than the last one before is new.

    They are read only where some were there already, and as one text: for each row of a result the
    driver would let other threads have a turn, and by RETURNING, too.
    """
    last = connection.exec_driver_sql(_LAST).scalar_one()
    columns, width, many = _columns(events, sqlite=True), len(_TYPES), len(events.key)
    stored = 0
    for start in range(0, many, MAX_ROWS):
        rows = min(MAX_ROWS, many - start)
        size = 1 << (rows - 1).bit_length()
        values: list[Any] = [None] * (size * width)
        for place, column in enumerate(columns):
            values[place : rows * width : width] = column[start : start + rows]
        stored += connection.exec_driver_sql(_sqlite_text(size), tuple(values)).rowcount
    if stored == many:
        return set(events.key)
    return _keys(connection.exec_driver_sql(_SINCE, (last,)).scalar_one())


@cache
def _sqlite_text(size: int) -> str:
    """One text for each power of two up to MAX_ROWS, so that the driver keeps them compiled.

    Rows that are left over are empty, and passed over. It begins with INSERT, since the driver
    counts the rows of such statements alone.
    """
    row = f"({', '.join('?' * len(_TYPES))})"
    return (
        f"INSERT INTO event ({_NAMES}) WITH given({_NAMES}) AS (VALUES {', '.join([row] * size)}) "  # noqa: S608 - fixed names
        'SELECT * FROM given WHERE "key" IS NOT NULL ON CONFLICT DO NOTHING'
    )


def _columns(events: KnownEvents, *, sqlite: bool) -> list[Sequence[Any]]:
    columns: list[Sequence[Any]] = list(events)
    columns[1] = kinds_as_text(events.kind)
    columns[-1] = times_as_text(events.at, sqlite=sqlite)
    return columns


def _keys(joined: str | None) -> set[str]:
    """Take the keys apart: one text is read faster than so many rows; no key has a control."""
    return set(joined.split("\x1f")) if joined else set()
