"""Stores events, each once: the only place that inserts into the event table.

The database itself skips an event if its key exists already, so two at the same moment can't both
be stored, and neither spoils the transaction it is part of.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    Insert,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
)
from sqlalchemy.types import TypeEngine
from sqlmodel import Session, col
from sqlmodel import select as select_one

from digest.deliver.tables import Delivery
from digest.events.tables import Event, EventKind
from digest.issues.tables import Issue
from store.base import Json
from store.insertion import insert_new
from store.rows import table_in
from store.times import database_text
from subscribers.tables import Subscriber

TRACKED = (EventKind.OPENED, EventKind.CLICKED)
"""Kinds that name nobody where the subscriber does not want to be tracked."""


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


def record_event(session: Session, event: Event) -> bool:
    """Stores `event` in the caller's transaction; False where its key is there already."""
    statement = insert_new(session, Event).values(**event.model_dump(exclude={"id"}))
    return session.connection().execute(statement).rowcount > 0


def record_reader_event(
    session: Session, kind: EventKind, *, name: str, issue: int, subscriber: int, now: datetime
) -> None:
    """Stores once that the reader of a delivery decided something; nothing without a delivery.

    `name` begins the key. Reports count one such event a delivery, however often it is decided.
    """
    delivery = session.exec(
        select_one(Delivery.id).where(
            Delivery.issue_number == issue, Delivery.subscriber_id == subscriber
        )
    ).first()
    if delivery is None:
        return
    event = Event(
        key=f"{name}:{issue}:{subscriber}",
        kind=kind,
        issue_number=issue,
        delivery_id=delivery,
        machine=False,
        at=now,
    )
    record_event(session, event)


def record_events(session: Session, rows: Sequence[EventRow]) -> None:
    """Stores events in the caller's transaction, by one statement for all of them."""
    if rows:
        listed = _as_json(rows, sqlite=_is_sqlite(session))
        session.connection().execute(_insert(session), {"events": listed})


def record_new_events(session: Session, rows: Sequence[EventRow]) -> list[tuple[str, int | None]]:
    """Stores events as `record_events` does; returns key and delivery of the new ones."""
    if not rows:
        return []
    if _is_sqlite(session):
        return _record_on_sqlite(session, rows)
    statement = _insert(session).returning(col(Event.key), col(Event.delivery_id))
    found = session.connection().execute(statement, {"events": _as_json(rows, sqlite=False)})
    return [(str(key), delivery) for key, delivery in found]


def _record_on_sqlite(session: Session, rows: Sequence[EventRow]) -> list[tuple[str, int | None]]:
    """Reads the new rows as one JSON text instead of by RETURNING, which yields them one by one:
    for each row the driver would let other threads have a turn.

    SQLite has one writer, so every row with a higher id than the last one before is new.
    """
    last = session.scalar(select(func.max(col(Event.id)))) or 0
    record_events(session, rows)
    pairs = func.json_group_array(func.json_array(col(Event.key), col(Event.delivery_id)))
    found = session.scalar(select(pairs).where(col(Event.id) > last))
    return [(key, delivery) for key, delivery in json.loads(found or "[]")]


def _as_json(rows: Sequence[EventRow], *, sqlite: bool) -> str:
    # Many events of a post share a moment, and spelling one costs more than all else here. By
    # identity: to hash an aware time costs as much as to spell it.
    moments = {id(row.at): row.at for row in rows}
    spelt = {key: database_text(at, sqlite=sqlite) for key, at in moments.items()}
    return json.dumps([[*row[:-1], spelt[id(row.at)]] for row in rows], separators=(",", ":"))


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


_statements: dict[bool, Insert] = {}
"""One statement a database, kept: building it anew for every few clicks costs more than they do."""


def _insert(session: Session) -> Insert:
    """Builds the INSERT over the parameter `events`, JSON rows in the order of `EventRow`."""
    sqlite = _is_sqlite(session)
    if sqlite not in _statements:
        _statements[sqlite] = insert_new(session, Event).from_select(
            COLUMNS, _select(sqlite=sqlite)
        )
    return _statements[sqlite]


COLUMNS = (
    "key",
    "kind",
    "issue_number",
    "delivery_id",
    "link_number",
    "machine",
    "detail",
    "at",
)


_GIVEN: dict[str, TypeEngine[Any]] = {
    "key": String(),
    "kind": String(),
    "issue": Integer(),
    "subscriber": BigInteger(),
    "link": Integer(),
    "machine": Boolean(),
    "detail": Json(),
    "epoch": Integer(),
    # Not our own type: the text is as the database has it already.
    "at": DateTime(timezone=True),
}


def _select(*, sqlite: bool) -> Select[Any]:
    """Selects the parameter's rows with the ids of their issues and deliveries."""
    given = table_in(bindparam("events", type_=String()), _GIVEN, sqlite=sqlite).subquery()
    named = and_(
        col(Delivery.issue_number) == col(Issue.number),
        col(Delivery.subscriber_id) == col(Subscriber.id),
    )
    # Not by IN, which SQLAlchemy writes out anew at each execution.
    is_decision = and_(*[given.c.kind != kind for kind in TRACKED])
    may_name = or_(
        is_decision,
        and_(
            col(Subscriber.tracking),
            or_(given.c.epoch.is_(None), given.c.epoch == col(Subscriber.link_epoch)),
        ),
    )
    return (
        select(
            given.c.key,
            given.c.kind,
            col(Issue.number),
            case((may_name, col(Delivery.id))),
            given.c.link,
            given.c.machine,
            given.c.detail,
            given.c.at,
        )
        .select_from(given)
        .outerjoin(Issue, col(Issue.public_id) == given.c.issue)
        .outerjoin(Subscriber, col(Subscriber.public_id) == given.c.subscriber)
        .outerjoin(Delivery, named)
        # SQLite can't tell the ON of a conflict from that of a join without it.
        .where(given.c.key.is_not(None))
        # In one order everywhere: two processes that store the same events would block each other.
        .order_by(given.c.key)
    )
