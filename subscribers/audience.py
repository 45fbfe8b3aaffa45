"""Who may be mailed, as statements: the one place that says what that means."""

from typing import Any

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.orm import Mapped
from sqlmodel import col

from subscribers.tables import Subscriber, SubscriberStatus, Suppression


def audience() -> Select[Any]:
    """Ids of everybody who may be mailed now: active, and the address not suppressed."""
    return select(col(Subscriber.id)).where(*_mailable())


def mailable(subscriber_id: Mapped[int | None]) -> Select[Any]:
    """Holds a row if that one subscriber may be mailed now; for EXISTS."""
    return select(col(Subscriber.id)).where(col(Subscriber.id) == subscriber_id, *_mailable())


def _mailable() -> tuple[ColumnElement[bool], ...]:
    suppressed = select(col(Suppression.id)).where(
        col(Suppression.address_hash) == col(Subscriber.address_hash)
    )
    return (col(Subscriber.status) == SubscriberStatus.ACTIVE, ~exists(suppressed))
