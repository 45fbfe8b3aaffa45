"""Inserts and looks up thousands of rows at once, the way each database does fastest.

SQLite takes executemany of plain tuples; PostgreSQL takes arrays and COPY.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, LiteralString

from sqlalchemy import BigInteger, ColumnElement, String, any_, cast, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Session, col

from store.rows import as_table
from store.times import sqlite_text
from subscribers.tables import FormerPublicId, Subscriber

PERSON = (
    "email email_key address_hash first_name status source tracking public_id link_epoch "
    "import_run created_at changed_at"
)
_PERSON_TYPES = (
    "text text text text text text boolean bigint integer integer timestamptz timestamptz"
)
# In all three the times stand last.
CONSENT = "subscriber_id kind wording source ip user_agent form at"
SUPPRESSION = "address_hash email reason note detail import_run at"
_SUPPRESSION_TYPES = "text text text text json integer timestamptz"

Rows = Sequence[tuple[Any, ...]]


def is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def one_import_at_a_time(session: Session) -> None:
    """Lock out other imports until the transaction ends: row by row, two could deadlock.

    A SQLite transaction that writes is alone anyway. On PostgreSQL single sign-ups go on: they
    take ROW EXCLUSIVE, which this lets be (PostgreSQL 13.3.1).
    """
    if not is_sqlite(session):
        session.connection().exec_driver_sql("LOCK TABLE subscriber IN SHARE UPDATE EXCLUSIVE MODE")


def among(session: Session, column: Any, values: Iterable[str]) -> ColumnElement[bool]:
    """Return the condition that `column` holds one of `values`, sent as one parameter."""
    if is_sqlite(session):
        listed = func.json_each(literal(json.dumps(list(values)), String))
        condition: ColumnElement[bool] = column.in_(select(listed.table_valued("value").c.value))
        return condition
    equal: ColumnElement[bool] = column == any_(cast(list(values), ARRAY(String)))
    return equal


def public_ids_among(session: Session, wanted: Iterable[int]) -> set[int]:
    """Those of `wanted` that are somebody's, or were before two rows were joined."""
    listed = as_table(session, [(one,) for one in wanted], {"id": BigInteger()}).subquery()
    found: set[int] = set()
    for column in (col(Subscriber.public_id), col(FormerPublicId.public_id)):
        found.update(session.scalars(select(column).join(listed, listed.c.id == column)))
    return found


def insert_people(session: Session, rows: Rows) -> dict[str, int]:
    """Insert `rows` (PERSON) where nobody has the address; return their ids by key."""
    if not is_sqlite(session):
        found = _unnest(
            session, "subscriber", PERSON, _PERSON_TYPES, rows, returning="RETURNING email_key, id"
        )
        return dict(found)
    _many(session, "subscriber", PERSON, rows, "INSERT")
    # One transaction writes at a time, and numbers only rise (https://www.sqlite.org/autoinc.html).
    last = session.connection().exec_driver_sql("SELECT last_insert_rowid()").scalar_one()
    first = last - len(rows) + 1
    return {row[1]: first + place for place, row in enumerate(rows)}


def insert_consents(session: Session, rows: Rows) -> None:
    """Insert `rows` (CONSENT)."""
    if is_sqlite(session):
        _many(session, "consent", CONSENT, rows, "INSERT")
        return
    driver: Any = session.connection().connection.driver_connection
    columns = CONSENT.replace(" ", ", ")
    with driver.cursor() as cursor, cursor.copy(f"COPY consent ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def insert_suppressions(session: Session, rows: Rows) -> None:
    """Insert `rows` (SUPPRESSION); an address that is suppressed keeps its reason."""
    if is_sqlite(session):
        _many(session, "suppression", SUPPRESSION, rows, "INSERT OR IGNORE")
        return
    _unnest(session, "suppression", SUPPRESSION, _SUPPRESSION_TYPES, rows)


def _many(
    session: Session, table: LiteralString, columns: str, rows: Rows, verb: LiteralString
) -> None:
    names = columns.split()
    marks = ", ".join("?" * len(names))
    statement = f"{verb} INTO {table} ({', '.join(names)}) VALUES ({marks})"
    times = sum(name.endswith("at") for name in names)
    cache: dict[datetime, str] = {}  # most rows of a chunk share one time
    values = [(*row[:-times], *(_cached_text(at, cache) for at in row[-times:])) for row in rows]
    session.connection().exec_driver_sql(statement, values)


def _unnest(
    session: Session,
    table: LiteralString,
    columns: str,
    types: str,
    rows: Rows,
    *,
    returning: LiteralString = "",
) -> list[Any]:
    arrays = ", ".join(f"%s::{one}[]" for one in types.split())
    statement = (
        f"INSERT INTO {table} ({columns.replace(' ', ', ')}) SELECT * FROM unnest({arrays}) "  # noqa: S608 - names of ours
        f"ON CONFLICT DO NOTHING {returning}"
    )
    values = tuple(map(list, zip(*rows, strict=True)))
    found = session.connection().exec_driver_sql(statement, values)
    return list(found) if returning else []


def _cached_text(moment: datetime, cache: dict[datetime, str]) -> str:
    text = cache.get(moment)
    if text is None:
        text = cache[moment] = sqlite_text(moment)
    return text
