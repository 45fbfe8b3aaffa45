"""Finds the delivery that an asynchronous bounce is about: it names nothing but the address."""

from collections.abc import Sequence
from datetime import timedelta

from sqlmodel import Session, col, select

from digest.deliver.tables import Delivery, DeliveryState
from digest.issues.tables import Issue
from digest.track.provider_events.delivery_event import DeliveryEvent
from subscribers.addresses import AddressError, parse_address
from subscribers.tables import Subscriber
from subscribers.tokens import TokenClaims

MAX_AGE = timedelta(days=7)
"""How long before the bounce the message was submitted at most: servers give up after five days."""
MAX_CLOCK_DIFFERENCE = timedelta(minutes=5)
_SENT = (DeliveryState.SUBMITTED, DeliveryState.DELIVERED, DeliveryState.UNCERTAIN)


def find_by_address(session: Session, events: Sequence[DeliveryEvent]) -> list[DeliveryEvent]:
    """Returns the events, those that name an address alone with the delivery they are about."""
    return [_found(session, one) if one.address else one for one in events]


def _found(session: Session, event: DeliveryEvent) -> DeliveryEvent:
    try:
        key = parse_address(event.address).key
    except AddressError:
        return event._replace(address="")
    newest = session.exec(
        select(Issue.public_id, Subscriber.public_id)
        .join(Delivery, col(Delivery.issue_number) == col(Issue.number))
        .join(Subscriber, col(Subscriber.id) == col(Delivery.subscriber_id))
        .where(
            Subscriber.email_key == key,
            col(Delivery.state).in_(_SENT),
            col(Delivery.changed_at) >= event.at - MAX_AGE,
            col(Delivery.changed_at) <= event.at + MAX_CLOCK_DIFFERENCE,
        )
        .order_by(col(Delivery.issue_number).desc())
    ).first()
    claims = TokenClaims(newest[1], newest[0]) if newest else None
    return event._replace(address="", claims=claims)
