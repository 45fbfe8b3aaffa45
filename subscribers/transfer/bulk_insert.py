"""Inserts and looks up thousands of rows at once, the way each database does fastest.

SQLite takes statements of some hundred rows each; PostgreSQL takes COPY, for people by way of a
temporary table, since COPY can't pass over an address that is there. What is the same for all rows
is said once a statement.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache, partial
from types import MappingProxyType
from typing import Any, LiteralString

from sqlalchemy import BigInteger, ColumnElement, String, any_, cast, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from store.errors import DigestError
from store.rows import as_table
from store.times import database_text
from subscribers.tables import FormerPublicId, Subscriber

_PERSON_TYPES = {
    "email": "text",
    "email_key": "text",
    "address_hash": "text",
    "first_name": "text",
    "status": "text",
    "source": "text",
    "tracking": "boolean",
    "public_id": "bigint",
    "link_epoch": "integer",
    "import_run": "integer",
    "created_at": "timestamptz",
    "changed_at": "timestamptz",
}
PERSON = tuple(_PERSON_TYPES)
CONSENT = "subscriber_id kind wording source ip user_agent form at"
SUPPRESSION = "address_hash email reason note detail import_run at"
_SUPPRESSION_TYPES = "text text text text json integer timestamptz"

_ROWS_A_STATEMENT = 2_000
"""SQLite checks, counts and ends each statement by itself; and while it works on one, the thread
that reads on has the interpreter for itself."""
_ROWS_A_PIECE = 1_000
"""Of COPY."""
_PAGE_CACHE_KB = 32_000
"""Of SQLite: rows of random ids and hashes touch pages everywhere; 2 MB would write each often."""
_PAGES_BETWEEN_CHECKPOINTS = 16_000
"""Of SQLite's log, 64 MB: each 4 MB, as by default, would be one for each transaction, and the same
pages would be written to the file again and again."""

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
"""What COPY's text form escapes: PostgreSQL, COPY, "Text Format"."""
_SPECIAL = "\\\t\n\r"

Rows = Sequence[tuple[Any, ...]]
"""None of their values is None, but of a suppression."""
Columns = Mapping[str, Sequence[Any]]
"""Values by the name of their column, as many in each."""


NOTHING: Mapping[str, Any] = MappingProxyType({})


class AddressTakenError(DigestError):
    """Somebody has an address of an import, who was not expected to be on the list."""


def is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def one_import_at_a_time(session: Session) -> None:
    """Lock out other imports until the transaction ends: row by row, two could deadlock.

    A SQLite transaction that writes is alone anyway; it gets a larger page cache. On PostgreSQL
    single sign-ups go on: they take ROW EXCLUSIVE, which this lets be (PostgreSQL 13.3.1).
    """
    execute = session.connection().exec_driver_sql
    if is_sqlite(session):
        execute(f"PRAGMA cache_size=-{_PAGE_CACHE_KB}")
        execute(f"PRAGMA wal_autocheckpoint={_PAGES_BETWEEN_CHECKPOINTS}")
    else:
        execute("LOCK TABLE subscriber IN SHARE UPDATE EXCLUSIVE MODE")


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


def spelling(*, sqlite: bool) -> Callable[[datetime], Any]:
    """Return what spells a time in a row as the database takes it, the same times once."""
    return lru_cache(maxsize=1_000)(partial(database_text, sqlite=sqlite))


def insert_people(session: Session, people: Columns, same: Mapping[str, Any]) -> dict[str, int]:
    """Insert people where nobody has the address; return their ids by key.

    `people` and `same`, whose values are those of all of them, are together what PERSON names.
    """
    keys = people["email_key"]
    if not is_sqlite(session):
        _copy_incoming(session, people)
        found = session.connection().exec_driver_sql(
            f"{_from_incoming(people, same)} RETURNING email_key, id", tuple(same.values())
        )
        return {key: number for key, number in found}  # noqa: C416 - rows, not pairs, to the types
    return dict(zip(keys, _insert_here(session, people, same), strict=True))


def insert_people_alike(
    session: Session, people: Columns, same: Mapping[str, Any], consent: tuple[Any, ...]
) -> int:
    """Do what `insert_people` does, with the same `consent` for each; return how many are new.

    `consent` is what CONSENT names after the id.
    """
    if is_sqlite(session):
        ids = _insert_here(session, people, same)
        names, said = CONSENT.replace(" ", ", "), ", ".join("?" * len(consent))
        session.connection().exec_driver_sql(
            f"INSERT INTO consent ({names}) SELECT id, {said} FROM subscriber "  # noqa: S608 - words of ours
            "WHERE id BETWEEN ? AND ?",
            (*consent, ids[0], ids[-1]),
        )
        return len(ids)
    _copy_incoming(session, people)
    new = f"{_from_incoming(people, same)} RETURNING id"
    return _same_consent(session, f"WITH new AS ({new})", "new", (*same.values(), *consent))


def add_people_alike(
    session: Session, people: Columns, same: Mapping[str, Any], consent: tuple[Any, ...]
) -> None:
    """Do what `insert_people_alike` does, without a look whether somebody has an address.

    Raises AddressTakenError if somebody does; then the transaction must be rolled back.
    """
    if is_sqlite(session):
        try:
            insert_people_alike(session, people, same, consent)
        except IntegrityError:
            raise AddressTakenError from None
        return
    from psycopg.errors import UniqueViolation  # noqa: PLC0415 - PostgreSQL alone needs it

    before = _last_id(session)
    try:
        _copy(session, "subscriber", people, same)
    except UniqueViolation:
        raise AddressTakenError from None
    # Both ends, or the whole list would be read where it was never analysed.
    added = "subscriber WHERE id > %s AND id <= %s AND import_run = %s"
    ours = before, _last_id(session), same["import_run"]
    _same_consent(session, "", added, (*consent, *ours))


def _last_id(session: Session) -> int:
    return session.connection().exec_driver_sql("SELECT max(id) FROM subscriber").scalar() or 0


def _same_consent(session: Session, begin: str, source: str, values: tuple[Any, ...]) -> int:
    """Insert on PostgreSQL the same consent for each id of `source`; return for how many."""
    names = CONSENT.split()
    said = ", ".join([*["%s::text"] * (len(names) - 2), "%s::timestamptz"])
    statement = f"{begin} INSERT INTO consent ({', '.join(names)}) SELECT id, {said} FROM {source}"  # noqa: S608 - words of ours
    return session.connection().exec_driver_sql(statement, values).rowcount


def _insert_here(session: Session, people: Columns, same: Mapping[str, Any]) -> range:
    """Insert people into SQLite; return their ids."""
    # Nobody has the address: that was looked up, and one transaction writes at a time.
    count = _insert_wide(session, "subscriber", people, same, "INSERT OR ROLLBACK")
    # Numbers only rise (https://www.sqlite.org/autoinc.html).
    last = session.connection().exec_driver_sql("SELECT last_insert_rowid()").scalar_one()
    return range(last - count + 1, last + 1)


def insert_consents(session: Session, rows: Rows) -> None:
    """Insert `rows` (CONSENT)."""
    if is_sqlite(session):
        _insert_wide(session, "consent", _columns(CONSENT, rows), {}, "INSERT OR ROLLBACK")
        return
    _copy(session, "consent", _columns(CONSENT, rows))


def insert_suppressions(session: Session, rows: Rows) -> None:
    """Insert `rows` (SUPPRESSION); an address that is suppressed keeps its reason."""
    if is_sqlite(session):
        _insert_wide(session, "suppression", _columns(SUPPRESSION, rows), {}, "INSERT OR IGNORE")
        return
    _unnest(session, "suppression", SUPPRESSION, _SUPPRESSION_TYPES, rows)


def _columns(names: str, rows: Rows) -> Columns:
    return dict(zip(names.split(), zip(*rows, strict=True), strict=True))


def _insert_wide(
    session: Session,
    table: LiteralString,
    columns: Columns,
    same: Mapping[str, Any],
    verb: LiteralString,
) -> int:
    """Insert many rows a statement, and return how many; `verb` undoes the transaction, or nothing.

    A plain INSERT would undo its own rows alone, and SQLite would copy each page for that.
    """
    many, width = len(next(iter(columns.values()))), len(columns)
    flat: list[Any] = [None] * (many * width)
    for place, values in enumerate(columns.values()):
        flat[place::width] = values
    names = ", ".join((*columns, *same))
    selected = ", ".join([*(f"column{place}" for place in range(1, width + 1)), *"?" * len(same)])
    marks = f"({', '.join('?' * width)})"
    rest = tuple(same.values())
    size = _ROWS_A_STATEMENT * width
    whole = len(flat) - len(flat) % size
    for rows, begun, end in (
        (_ROWS_A_STATEMENT, 0, whole),
        ((len(flat) - whole) // width, whole, len(flat)),
    ):
        statement = (
            f"{verb} INTO {table} ({names}) SELECT {selected} "  # noqa: S608 - names of ours
            f"FROM (VALUES {', '.join([marks] * rows)})"
        )
        values = [(*rest, *flat[at : at + size]) for at in range(begun, end, size)]
        if values:
            session.connection().exec_driver_sql(statement, values)
    return many


def _copy_incoming(session: Session, people: Columns) -> None:
    """COPY people into a table of their own, which lasts as long as the transaction."""
    typed = ", ".join(f"{name} {_PERSON_TYPES[name]}" for name in people)
    session.connection().exec_driver_sql(f"CREATE TEMP TABLE incoming ({typed}) ON COMMIT DROP")
    _copy(session, "incoming", people)


def _from_incoming(people: Columns, same: Mapping[str, Any]) -> str:
    """Return the statement that inserts them; its parameters are the values of `same`."""
    typed = [f"%s::{_PERSON_TYPES[name]}" for name in same]
    return (
        f"INSERT INTO subscriber ({', '.join((*people, *same))}) "  # noqa: S608 - names of ours
        f"SELECT {', '.join((*people, *typed))} FROM incoming ON CONFLICT DO NOTHING"
    )


def _copy(
    session: Session, table: LiteralString, columns: Columns, same: Mapping[str, Any] = NOTHING
) -> None:
    """COPY rows in; its text form is quicker to write by columns than the driver's rows.

    The server takes in some rows while the next ones are written.
    """
    # None of these is None, as in the columns.
    alike = "".join(f"\t{str(one).translate(_ESCAPES)}" for one in same.values()) + "\n"
    many = len(next(iter(columns.values())))
    driver: Any = session.connection().connection.driver_connection
    statement = f"COPY {table} ({', '.join((*columns, *same))}) FROM STDIN"
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for at in range(0, many, _ROWS_A_PIECE):
            texts = [_texts(column[at : at + _ROWS_A_PIECE]) for column in columns.values()]
            copy.write(alike.join(map("\t".join, zip(*texts, strict=True))) + alike)


def _texts(values: Sequence[Any]) -> list[str]:
    """Spell the values of a column as COPY reads them."""
    texts = list(map(str, values))
    joined = "".join(texts)
    if any(mark in joined for mark in _SPECIAL):
        return [one.translate(_ESCAPES) for one in texts]
    return texts


def _unnest(session: Session, table: LiteralString, columns: str, types: str, rows: Rows) -> None:
    arrays = ", ".join(f"%s::{one}[]" for one in types.split())
    statement = (
        f"INSERT INTO {table} ({columns.replace(' ', ', ')}) SELECT * FROM unnest({arrays}) "  # noqa: S608 - names of ours
        "ON CONFLICT DO NOTHING"
    )
    session.connection().exec_driver_sql(statement, tuple(map(list, zip(*rows, strict=True))))
