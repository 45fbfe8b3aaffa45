"""Stores events, each once: the only place that inserts into the event table.

The database itself skips an event if its key exists already, so two at the same moment can't both
be stored, and neither spoils the transaction it is part of.
"""

from datetime import datetime

from sqlmodel import Session
from sqlmodel import select as select_one

from digest.deliver.tables import Delivery
from digest.events.insertion import (
    POSTGRESQL,
    POSTGRESQL_RETURNING,
    SQLITE_LAST,
    SQLITE_SINCE,
    EventColumns,
    postgresql_parameters,
    sqlite_statements,
    stored_events,
)
from digest.events.tables import Event, EventKind
from store.insertion import insert_new


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


def record_events(session: Session, events: EventColumns) -> None:
    """Stores events in the caller's transaction, by few statements for all of them."""
    if not events.key:
        return
    connection = session.connection()
    if _is_sqlite(session):
        for statement, values in sqlite_statements(events):
            connection.exec_driver_sql(statement, values)
    else:
        connection.exec_driver_sql(POSTGRESQL, postgresql_parameters(events))


def record_new_events(session: Session, events: EventColumns) -> list[tuple[str, int | None]]:
    """Stores events as `record_events` does; returns key and delivery of the new ones."""
    if not events.key:
        return []
    if _is_sqlite(session):
        return _record_on_sqlite(session, events)
    found = session.connection().exec_driver_sql(
        POSTGRESQL_RETURNING, postgresql_parameters(events)
    )
    return stored_events(*found.one())


def _record_on_sqlite(session: Session, events: EventColumns) -> list[tuple[str, int | None]]:
    """Reads the new rows as two texts instead of by RETURNING, which yields them one by one: for
    each row the driver would let other threads have a turn.

    SQLite has one writer, so every row with a higher id than the last one before is new.
    """
    connection = session.connection()
    last = connection.exec_driver_sql(SQLITE_LAST).scalar_one()
    record_events(session, events)
    return stored_events(*connection.exec_driver_sql(SQLITE_SINCE, (last,)).one())


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"
