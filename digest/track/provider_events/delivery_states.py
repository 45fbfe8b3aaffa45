"""Which state of a delivery an event proves, in whatever order events arrive (decision 18)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlmodel import Session, col

from digest.deliver.tables import Delivery, DeliveryState
from digest.events.tables import EventKind
from digest.track.provider_events.delivery_event import DeliveryEvent, MatchedEvent
from store.rows import Row, as_rows

PROVEN_STATE = {
    EventKind.PROCESSED: DeliveryState.SUBMITTED,
    EventKind.DEFERRED: DeliveryState.SUBMITTED,
    EventKind.DROPPED: DeliveryState.FAILED,
    EventKind.DELIVERED: DeliveryState.DELIVERED,
    EventKind.OPENED: DeliveryState.DELIVERED,
    EventKind.CLICKED: DeliveryState.DELIVERED,
    EventKind.UNSUBSCRIBED: DeliveryState.DELIVERED,
    EventKind.BOUNCED: DeliveryState.BOUNCED,
    EventKind.COMPLAINED: DeliveryState.COMPLAINED,
}
"""The state that a delivery has reached at least, once such an event was received."""
_OPEN = (DeliveryState.QUEUED, DeliveryState.SUBMITTING, DeliveryState.UNCERTAIN)
_PROVEN = (
    DeliveryState.SUBMITTED,
    DeliveryState.FAILED,
    DeliveryState.DELIVERED,
    DeliveryState.BOUNCED,
    DeliveryState.COMPLAINED,
)
SUPERSEDES = {state: _OPEN + _PROVEN[:place] for place, state in enumerate(_PROVEN)}
"""The states that a proven state replaces. A queued delivery is among them: what waits to be sent
again is not sent once it is known to have been accepted."""
_RANK = {state: rank for rank, state in enumerate(SUPERSEDES)}


def apply_states(session: Session, matched: Sequence[MatchedEvent], now: datetime) -> None:
    """Moves each delivery to the highest state its events prove, unless it is further already."""
    highest: dict[int, tuple[int, DeliveryEvent]] = {}
    for event, delivery in matched:
        state = PROVEN_STATE.get(event.kind)
        if state is not None and _RANK[state] > highest.get(delivery, (-1, event))[0]:
            highest[delivery] = (_RANK[state], event)
    if highest and session.get_bind().dialect.name != "sqlite":
        _lock(session, highest)
    for rank, state in enumerate(SUPERSEDES):
        events = {delivery: one for delivery, (its, one) in highest.items() if its == rank}
        if events:
            _update(session, state, events, now)


def _lock(session: Session, deliveries: Collection[int]) -> None:
    """Locks the rows in id order: two posts about the same people would deadlock otherwise."""
    wanted = as_rows(session, [(one, None) for one in deliveries]).subquery()
    session.execute(
        select(col(Delivery.id))
        .where(col(Delivery.id).in_(select(wanted.c.id)))
        .order_by(col(Delivery.id))
        .with_for_update(key_share=True)
    )


def _update(
    session: Session, state: DeliveryState, events: Mapping[int, DeliveryEvent], now: datetime
) -> None:
    values: dict[str, Any] = {"state": state, "changed_at": now}
    if state is DeliveryState.SUBMITTED:
        rows: list[Row] = [(delivery, one.provider_id) for delivery, one in events.items()]
        given = as_rows(session, rows).subquery()
        values["provider_id"] = given.c.text
    else:
        rows = [(delivery, (one.code or "")[:20] or None) for delivery, one in events.items()]
        given = as_rows(session, rows).subquery()
        if state in (DeliveryState.FAILED, DeliveryState.BOUNCED):
            values["code"] = given.c.text
    session.execute(
        update(Delivery)
        .where(col(Delivery.id) == given.c.id, col(Delivery.state).in_(SUPERSEDES[state]))
        .values(values)
        .execution_options(synchronize_session=False)
    )
