"""Many rows as one parameter, so that one statement changes them all.

A statement a row costs the driver more than the database; a list of any length travels as JSON,
which both databases take apart by themselves (https://www.sqlite.org/json1.html#jeach,
PostgreSQL 9.16).
"""

import json
from collections.abc import Sequence

from sqlalchemy import JSON, Integer, Select, String, cast, column, func, literal, select
from sqlmodel import Session

Row = tuple[int, str | None]


def as_rows(session: Session, rows: Sequence[Row]) -> Select[int, str]:
    """A SELECT of `rows` with the columns `id` and `text`."""
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
