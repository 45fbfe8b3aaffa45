"""Inserts and looks up thousands of rows at once, the way each database does fastest.

SQLite takes statements of fifty rows each; PostgreSQL takes COPY, for people by way of a temporary
table, since COPY can't pass over an address that is there.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import lru_cache, partial
from itertools import chain
from typing import Any, LiteralString

from sqlalchemy import BigInteger, ColumnElement, String, any_, cast, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Session, col

from store.rows import as_table
from store.times import database_text
from subscribers.tables import FormerPublicId, Subscriber

PERSON = (
    "email email_key address_hash first_name status source tracking public_id link_epoch "
    "import_run created_at changed_at"
)
_PERSON_TYPES = (
    "text text text text text text boolean bigint integer integer timestamptz timestamptz"
)
CONSENT = "subscriber_id kind wording source ip user_agent form at"
SUPPRESSION = "address_hash email reason note detail import_run at"
_SUPPRESSION_TYPES = "text text text text json integer timestamptz"

_ROWS_A_STATEMENT = 50
"""SQLite checks, counts and ends each statement by itself."""
_PAGE_CACHE_KB = 32_000
"""Of SQLite: rows of random ids and hashes touch pages everywhere; 2 MB would write each often."""

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
"""What COPY's text form escapes: PostgreSQL, COPY, "Text Format"."""
_SPECIAL = re.compile(r"[\\\t\n\r]")

Rows = Sequence[tuple[Any, ...]]
"""None of their values is None, but of a suppression."""


def is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def one_import_at_a_time(session: Session) -> None:
    """Lock out other imports until the transaction ends: row by row, two could deadlock.

    A SQLite transaction that writes is alone anyway; it gets a larger page cache. On PostgreSQL
    single sign-ups go on: they take ROW EXCLUSIVE, which this lets be (PostgreSQL 13.3.1).
    """
    begin = "LOCK TABLE subscriber IN SHARE UPDATE EXCLUSIVE MODE"
    if is_sqlite(session):
        begin = f"PRAGMA cache_size=-{_PAGE_CACHE_KB}"
    session.connection().exec_driver_sql(begin)


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


def spelling(session: Session) -> Callable[[datetime], Any]:
    """Return what spells a time in a row as the database takes it, the same times once."""
    return lru_cache(maxsize=1_000)(partial(database_text, sqlite=is_sqlite(session)))


def insert_people(session: Session, rows: Rows) -> dict[str, int]:
    """Insert `rows` (PERSON) where nobody has the address; return their ids by key."""
    if not is_sqlite(session):
        return _copy_people(session, rows)
    # Nobody has it: that was looked up, and one transaction writes at a time.
    _wide(session, "subscriber", PERSON, rows, "INSERT OR ROLLBACK")
    # Numbers only rise (https://www.sqlite.org/autoinc.html).
    last = session.connection().exec_driver_sql("SELECT last_insert_rowid()").scalar_one()
    keys = [row[1] for row in rows]
    return dict(zip(keys, range(last - len(rows) + 1, last + 1), strict=True))


def insert_consents(session: Session, rows: Rows) -> None:
    """Insert `rows` (CONSENT)."""
    if is_sqlite(session):
        _wide(session, "consent", CONSENT, rows, "INSERT OR ROLLBACK")
        return
    _copy(session, "consent", CONSENT, rows)


def insert_same_consent(session: Session, ids: Sequence[int], row: tuple[Any, ...]) -> None:
    """Insert for each of `ids`, which rise by one on SQLite, what `row` says after CONSENT's id."""
    columns = CONSENT.replace(" ", ", ")
    if is_sqlite(session):
        said = ", ".join("?" * len(row))
        source, values = "subscriber WHERE id BETWEEN ? AND ?", (*row, ids[0], ids[-1])
    else:
        said = ", ".join([*["%s::text"] * (len(row) - 1), "%s::timestamptz"])
        source, values = "unnest(%s::integer[]) AS id", (*row, list(ids))
    session.connection().exec_driver_sql(
        f"INSERT INTO consent ({columns}) SELECT id, {said} FROM {source}",  # noqa: S608 - words of ours
        values,
    )


def insert_suppressions(session: Session, rows: Rows) -> None:
    """Insert `rows` (SUPPRESSION); an address that is suppressed keeps its reason."""
    if is_sqlite(session):
        _wide(session, "suppression", SUPPRESSION, rows, "INSERT OR IGNORE")
        return
    _unnest(session, "suppression", SUPPRESSION, _SUPPRESSION_TYPES, rows)


def _wide(
    session: Session, table: LiteralString, columns: str, rows: Rows, verb: LiteralString
) -> None:
    """Insert many rows a statement; `verb` undoes all of the transaction, or nothing.

    A plain INSERT would undo its own rows alone, and SQLite would copy each page for that.
    """
    names = columns.split()
    head = f"{verb} INTO {table} ({', '.join(names)}) VALUES "
    marks = f"({', '.join('?' * len(names))})"
    run = session.connection().exec_driver_sql
    whole = len(rows) - len(rows) % _ROWS_A_STATEMENT
    if whole:
        flat, size = tuple(chain.from_iterable(rows[:whole])), _ROWS_A_STATEMENT * len(names)
        values = [flat[start : start + size] for start in range(0, len(flat), size)]
        run(head + ", ".join([marks] * _ROWS_A_STATEMENT), values)
    if whole < len(rows):
        run(head + marks, list(rows[whole:]))


def _copy_people(session: Session, rows: Rows) -> dict[str, int]:
    """Insert `rows` (PERSON), once in a transaction; return the ids of who is new, by key."""
    columns = PERSON.split()
    typed = ", ".join(map(" ".join, zip(columns, _PERSON_TYPES.split(), strict=True)))
    run = session.connection().exec_driver_sql
    run(f"CREATE TEMP TABLE incoming ({typed}) ON COMMIT DROP")
    _copy(session, "incoming", PERSON, rows)
    listed = ", ".join(columns)
    found = run(
        f"INSERT INTO subscriber ({listed}) SELECT {listed} FROM incoming "  # noqa: S608 - names of ours
        "ON CONFLICT DO NOTHING RETURNING email_key, id"
    )
    return {key: number for key, number in found}  # noqa: C416 - rows, not pairs, to the types


def _copy(session: Session, table: LiteralString, columns: str, rows: Rows) -> None:
    """COPY `rows` in; its text form is quicker to write by columns than the driver's rows."""
    texts = []
    for column in zip(*rows, strict=True):
        text = list(map(str, column))
        if _SPECIAL.search("".join(text)):
            text = [one.translate(_ESCAPES) for one in text]
        texts.append(text)
    driver: Any = session.connection().connection.driver_connection
    statement = f"COPY {table} ({columns.replace(' ', ', ')}) FROM STDIN"
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write("\n".join(map("\t".join, zip(*texts, strict=True))) + "\n")


def _unnest(session: Session, table: LiteralString, columns: str, types: str, rows: Rows) -> None:
    arrays = ", ".join(f"%s::{one}[]" for one in types.split())
    statement = (
        f"INSERT INTO {table} ({columns.replace(' ', ', ')}) SELECT * FROM unnest({arrays}) "  # noqa: S608 - names of ours
        "ON CONFLICT DO NOTHING"
    )
    session.connection().exec_driver_sql(statement, tuple(map(list, zip(*rows, strict=True))))
