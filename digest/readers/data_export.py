"""Exports and erases everything that is stored of one reader."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from digest.catalog.tables import Tool, Vote
from digest.deliver.tables import Attempt, Delivery
from digest.deliver.transactional.tables import TransactionalMessage
from digest.events.tables import Event
from store.base import Table
from subscribers import suppression
from subscribers.addresses import AddressHasher
from subscribers.preferences import preferences_of
from subscribers.service import erase_subscriber
from subscribers.tables import AddressChange, Consent, Subscriber, UnsubscribeFeedback


def export_reader(session: Session, subscriber_id: int) -> dict[str, Any] | None:
    """Everything stored of the reader, as values that JSON takes; None if nobody has that id."""
    person = session.get(Subscriber, subscriber_id)
    if person is None:
        return None
    address_change = session.get(AddressChange, subscriber_id)
    feedback = session.get(UnsubscribeFeedback, subscriber_id)
    suppressed = suppression.find_suppression(session, person.address_hash)
    return {
        **_row(person, "email", "first_name", "status", "source", "tracking"),
        **_row(person, "created_at", "changed_at"),
        "preferences": _preferences(session, person),
        "new_address_asked_for": address_change.email if address_change else None,
        "suppression": _row(suppressed, "reason", "note", "at") if suppressed else None,
        "left_because": _row(feedback, "reason", "words", "at") if feedback else None,
        "consents": [
            _row(one, "kind", "wording", "form", "source", "ip", "user_agent", "at")
            for one in _of(session, Consent, subscriber_id)
        ],
        "issues": [
            _row(one, "issue_number", "state", "code", "changed_at")
            for one in _of(session, Delivery, subscriber_id)
        ],
        "events": _events(session, subscriber_id),
        "votes": _votes(session, subscriber_id),
        "letters": [
            _row(one, "kind", "email", "state", "changed_at")
            for one in _of(session, TransactionalMessage, subscriber_id)
        ],
    }


def _preferences(session: Session, person: Subscriber) -> dict[str, Any]:
    chosen = preferences_of(session, person)
    return {
        "frequency": chosen.frequency,
        "time_zone": chosen.zone,
        "categories": sorted(chosen.categories),
        "tools": sorted(chosen.tools),
        "paused_until": _text(person.paused_until),
    }


def _events(session: Session, subscriber_id: int) -> list[dict[str, Any]]:
    rows = session.exec(
        select(Event)
        .join(Delivery, col(Delivery.id) == col(Event.delivery_id))
        .where(Delivery.subscriber_id == subscriber_id)
        .order_by(col(Event.id))
    )
    names = ("kind", "issue_number", "link_number", "machine", "detail", "at")
    return [_row(one, *names) for one in rows]


def _votes(session: Session, subscriber_id: int) -> list[dict[str, Any]]:
    rows = session.exec(
        select(Tool.slug, Vote.verdict, Vote.at)
        .join(Vote, col(Vote.tool_id) == col(Tool.id))
        .where(Vote.subscriber_id == subscriber_id)
        .order_by(col(Vote.at))
    )
    return [{"tool": slug, "verdict": verdict, "at": _text(at)} for slug, verdict, at in rows]


def erase_reader(
    session: Session, hasher: AddressHasher, subscriber_id: int, now: datetime
) -> bool:
    """Erases the reader; False if nobody has that id.

    Their deliveries stay as counts that name nobody, so that each issue's counts still add up
    (invariant 1, docs/invariants.md). The words of servers and browsers are deleted from them,
    since these may hold an address.
    """
    person = session.get(Subscriber, subscriber_id, with_for_update=True)
    if person is None:
        return False
    theirs = select(Delivery.id).where(Delivery.subscriber_id == subscriber_id)
    for table in (Attempt, Event):
        empty: Any = "" if table is Attempt else {}
        session.execute(
            update(table)
            .where(col(table.delivery_id).in_(theirs))
            .values(detail=empty)
            .execution_options(synchronize_session=False)
        )
    return erase_subscriber(session, hasher, person.email, now)


def _of(session: Session, table: type[Any], subscriber_id: int) -> Iterable[Any]:
    return session.exec(
        select(table).where(table.subscriber_id == subscriber_id).order_by(col(table.id))
    )


def _row(row: Table, *names: str) -> dict[str, Any]:
    return {name: _text(getattr(row, name)) for name in names}


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
