"""Exports everything that is stored of one reader, and has it mailed to them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any

from sqlmodel import Session, col, select

from digest.catalog.tables import Tool, Vote
from digest.deliver.ledger.queries import deliveries_to
from digest.deliver.tables import Delivery
from digest.deliver.transactional.mail import enqueue
from digest.deliver.transactional.tables import TransactionalKind, TransactionalMessage
from digest.events.tables import Event
from store.base import Table
from subscribers import suppression
from subscribers.addresses import AddressHasher
from subscribers.preferences import preferences_of
from subscribers.rate_counter import count_attempt
from subscribers.tables import (
    AddressChange,
    Consent,
    RequestedName,
    Subscriber,
    SuppressionReason,
    UnsubscribeFeedback,
)


class DataRequest(Enum):
    """What became of a reader's request for their data."""

    MAILED = auto()
    UNDELIVERABLE = auto()
    """Mail to the address came back, or was reported as spam: it is not mailed again."""
    NOBODY = auto()


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
        "names_asked_for": [
            _row(one, "first_name", "at")
            for one in session.exec(
                select(RequestedName)
                .where(RequestedName.subscriber_id == subscriber_id)
                .order_by(col(RequestedName.at))
            )
        ],
        "suppression": _row(suppressed, "reason", "note", "at") if suppressed else None,
        "left_because": _row(feedback, "reason", "words", "at") if feedback else None,
        "consents": [
            _row(one, "kind", "wording", "form", "source", "ip", "user_agent", "at")
            for one in _of(session, Consent, subscriber_id)
        ],
        "issues": [
            {name: _text(value) for name, value in one._asdict().items()}
            for one in deliveries_to(session, subscriber_id)
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


def request_data(
    session: Session, hasher: AddressHasher, subscriber_id: int, now: datetime
) -> DataRequest:
    """Queues a message with everything that is stored to the reader's own address, once a day."""
    person = session.get(Subscriber, subscriber_id, with_for_update=True)
    if person is None:
        return DataRequest.NOBODY
    known = suppression.find_suppression(session, person.address_hash)
    if known is not None and known.reason != SuppressionReason.UNSUBSCRIBED:
        return DataRequest.UNDELIVERABLE
    if count_attempt(session, hasher, f"data {subscriber_id}", timedelta(days=1), now) == 1:
        enqueue(session, TransactionalKind.DATA, subscriber_id, f"{now.timestamp():.0f}", now)
    return DataRequest.MAILED


def _of(session: Session, table: type[Any], subscriber_id: int) -> Iterable[Any]:
    return session.exec(
        select(table).where(table.subscriber_id == subscriber_id).order_by(col(table.id))
    )


def _row(row: Table, *names: str) -> dict[str, Any]:
    return {name: _text(getattr(row, name)) for name in names}


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
