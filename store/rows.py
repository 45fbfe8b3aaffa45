"""Many rows as one parameter, so that one statement changes them all.

With one statement for each row most of the time would be spent in the driver. A list of any length
travels as JSON, which both databases can take apart (https://www.sqlite.org/json1.html#jeach,
PostgreSQL 9.16), or to PostgreSQL as arrays, which it reads in half the time (9.19).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    ColumnElement,
    Integer,
    Select,
    String,
    bindparam,
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
_SEPARATOR, _NOTHING = "\x1f", "\x1e"
"""What stands between texts on their way to PostgreSQL, and what stands for no text."""


def as_rows(session: Session, rows: Sequence[Row]) -> Select[int, str]:
    """Return a SELECT of `rows` with the columns `id` and `text`."""
    if session.get_bind().dialect.name == "sqlite":
        value = func.json_each(literal(json.dumps(rows), String)).table_valued("value").c.value
        return select(
            func.json_extract(value, "$[0]", type_=Integer).label("id"),
            func.json_extract(value, "$[1]", type_=String).label("text"),
        )
    return _as_arrays(rows) if rows else _as_json(rows)


def ids_given(*, sqlite: bool) -> Select[int]:
    """Return a SELECT of the ids in the parameter `ids`, for a statement that is used often.

    `ids_parameter` spells its value.
    """
    given = bindparam("ids", type_=String())
    if sqlite:
        value = func.json_each(given).table_valued("value").c.value
        return select(type_coerce(value, Integer).label("id"))
    return select(func.unnest(cast(given, ARRAY(Integer))).label("id"))


def ids_parameter(ids: Iterable[int], *, sqlite: bool) -> str:
    """Return the value of the parameter `ids`."""
    listed = ",".join(map(str, ids))
    return f"[{listed}]" if sqlite else f"{{{listed}}}"


def texts_given(*, sqlite: bool) -> Select[int, str]:
    """Return a SELECT of `id` and `text` over parameters, for a statement that is used often.

    `texts_parameters` spells their values.
    """
    if sqlite:
        value = func.json_each(bindparam("rows", type_=String())).table_valued("value").c.value
        return select(
            func.json_extract(value, "$[0]", type_=Integer).label("id"),
            func.json_extract(value, "$[1]", type_=String).label("text"),
        )
    given = func.unnest(
        cast(bindparam("ids", type_=String()), ARRAY(Integer)),
        cast(bindparam("texts", type_=String()), ARRAY(String)),
    ).table_valued(column("id", Integer), column("text", String), name="given")
    each = given.render_derived()
    return select(each.c.id.label("id"), each.c.text.label("text"))


def texts_parameters(rows: Sequence[Row], *, sqlite: bool) -> dict[str, str]:
    """Return the values of the parameters of `texts_given`."""
    if sqlite:
        return {"rows": json.dumps(rows)}
    return {
        "ids": ids_parameter([one for one, _ in rows], sqlite=False),
        "texts": f"{{{','.join([_in_array(text) for _, text in rows])}}}",
    }


def _in_array(text: str | None) -> str:
    """Spell a text as an array's element (PostgreSQL 8.15.6)."""
    if text is None:
        return "NULL"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _as_arrays(rows: Sequence[Row]) -> Select[int, str]:
    ids, texts = zip(*rows, strict=True)
    joined = _SEPARATOR.join([_NOTHING if text is None else text for text in texts])
    # An empty string is an array of nothing, not of one empty text.
    ambiguous = joined.count(_SEPARATOR) != len(texts) - 1 or not joined
    if ambiguous or joined.count(_NOTHING) != texts.count(None):
        return _as_json(rows)
    given = func.unnest(
        cast(literal(f"{{{','.join(map(str, ids))}}}", String), ARRAY(Integer)),
        func.string_to_array(
            literal(joined, String), literal(_SEPARATOR, String), literal(_NOTHING, String)
        ),
    ).table_valued(column("id", Integer), column("text", String), name="given")
    each = given.render_derived()
    return select(each.c.id.label("id"), each.c.text.label("text"))


def _as_json(rows: Sequence[Row]) -> Select[int, str]:
    listed = cast(literal(json.dumps(rows), String), JSON)
    each = func.json_array_elements(listed).table_valued(column("value", JSON))
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
