"""Many rows as one parameter, so that one statement changes them all.

With one statement for each row most of the time would be spent in the driver. A list of any length
travels as JSON, which both databases can take apart (https://www.sqlite.org/json1.html#jeach,
PostgreSQL 9.16).
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Integer,
    Select,
    String,
    cast,
    column,
    func,
    literal,
    select,
    type_coerce,
)
from sqlalchemy.types import TypeEngine
from sqlmodel import Session

Row = tuple[int, str | None]


def as_rows(session: Session, rows: Sequence[Row]) -> Select[int, str]:
    """Return a SELECT of `rows` with the columns `id` and `text`."""
    listed = literal(json.dumps(rows), String)
    if session.get_bind().dialect.name == "sqlite":
        value = func.json_each(listed).table_valued("value").c.value
        return select(
            func.json_extract(value, "$[0]", type_=Integer).label("id"),
            func.json_extract(value, "$[1]", type_=String).label("text"),
        )
    each = func.json_array_elements(cast(listed, JSON)).table_valued(column("value", JSON))
    return select(
        each.c.value[0].as_integer().label("id"), each.c.value[1].as_string().label("text")
    )


def as_table(
    session: Session, rows: Sequence[Sequence[Any]], columns: Mapping[str, TypeEngine[Any]]
) -> Select[Any]:
    """Return a SELECT of `rows` with these columns, in their order.

    A value is as JSON has it; for a type that JSON lacks it is text as the database spells it.
    """
    listed = literal(json.dumps(rows, separators=(",", ":")), String)
    return table_in(listed, columns, sqlite=session.get_bind().dialect.name == "sqlite")


def table_in(
    listed: ColumnElement[str], columns: Mapping[str, TypeEngine[Any]], *, sqlite: bool
) -> Select[Any]:
    """Return the same SELECT over a JSON parameter, for a statement that is used often."""
    if sqlite:
        value = func.json_each(listed).table_valued("value").c.value
        # The function gives what SQLite would store; a cast would make numbers of dates.
        cells: list[ColumnElement[Any]] = [
            type_coerce(func.json_extract(value, f"$[{place}]"), kind).label(name)
            for place, (name, kind) in enumerate(columns.items())
        ]
        return select(*cells)
    each = func.json_array_elements(cast(listed, JSON)).table_valued(column("value", JSON))
    return select(
        *[
            cast(each.c.value[place].as_string(), kind).label(name)
            for place, (name, kind) in enumerate(columns.items())
        ]
    )
