"""Defines, in one place and as SQL, which subscribers may be mailed."""

from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_, select
from sqlmodel import col

from subscribers.tables import Subscriber, SubscriberStatus, Suppression


def mailable_conditions(
    now: datetime | ColumnElement[datetime],
) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions on subscribers that may be mailed at `now`, a value or a parameter."""
    suppressed = select(col(Suppression.id)).where(
        col(Suppression.address_hash) == col(Subscriber.address_hash)
    )
    paused = col(Subscriber.paused_until)
    return (
        col(Subscriber.status) == SubscriberStatus.ACTIVE,
        or_(paused.is_(None), paused <= now),
        ~exists(suppressed),
    )
