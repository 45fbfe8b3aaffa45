"""Who may be mailed, as statements: the one place that says what that means."""

from typing import Any

from sqlalchemy import ColumnElement, Select, exists, select
from sqlmodel import col

from subscribers.tables import Subscriber, SubscriberStatus, Suppression


def audience() -> Select[Any]:
    """Ids of everybody who may be mailed now: active, and the address not suppressed."""
    return select(col(Subscriber.id)).where(*mailable())


def mailable() -> tuple[ColumnElement[bool], ...]:
    """Conditions on a subscriber who may be mailed now."""
    suppressed = select(col(Suppression.id)).where(
        col(Suppression.address_hash) == col(Subscriber.address_hash)
    )
    return (col(Subscriber.status) == SubscriberStatus.ACTIVE, ~exists(suppressed))
