"""Complaints and unsubscribes that a provider reports: takes those readers off the list."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from digest.deliver.tables import Delivery
from digest.track.provider_events.delivery_event import DeliveryEvent, MatchedEvent, OptOut
from store.rows import as_rows
from subscribers.addresses import AddressHasher
from subscribers.consent import ConsentKind, consents_of
from subscribers.service import unsubscribe
from subscribers.suppression import suppress_complained
from subscribers.suppression_removal import last_removals


def apply_opt_outs(
    session: Session, hasher: AddressHasher, matched: Sequence[MatchedEvent], now: datetime
) -> None:
    """Suppresses complainers and unsubscribes those who asked for it, in the order of their ids."""
    matched = [one for one in matched if one.event.opt_out is not None]
    if not matched:
        return
    subscribers = _subscribers(session, matched)
    _suppress_complaints(session, _by_subscriber(matched, subscribers, OptOut.COMPLAIN), now)
    asked = _by_subscriber(matched, subscribers, OptOut.UNSUBSCRIBE)
    for subscriber in sorted(asked):
        if not _resubscribed(session, subscriber, asked[subscriber].at, now):
            unsubscribe(session, hasher, subscriber, "told by the provider", now)


def _by_subscriber(
    matched: Sequence[MatchedEvent], subscribers: dict[int, int], opt_out: OptOut
) -> dict[int, DeliveryEvent]:
    return {
        subscribers[delivery]: event
        for event, delivery in matched
        if event.opt_out is opt_out and delivery in subscribers
    }


def _suppress_complaints(
    session: Session, complaints: dict[int, DeliveryEvent], now: datetime
) -> None:
    """Leaves out complaints from before an operator removed the suppression."""
    removed = last_removals(session, list(complaints))
    notes = {
        subscriber: event.note
        for subscriber, event in complaints.items()
        if subscriber not in removed or event.at > removed[subscriber] or removed[subscriber] > now
    }
    if notes:
        suppress_complained(session, notes, now)


def _subscribers(session: Session, matched: Sequence[MatchedEvent]) -> dict[int, int]:
    """Returns subscriber ids by delivery id; erased subscribers are left out."""
    wanted = as_rows(session, [(one.delivery_id, None) for one in matched]).subquery()
    rows = session.execute(
        select(col(Delivery.id), col(Delivery.subscriber_id))
        .join(wanted, wanted.c.id == col(Delivery.id))
        .where(col(Delivery.subscriber_id).is_not(None))
    )
    return {int(row[0]): int(row[1]) for row in rows}


def _resubscribed(session: Session, subscriber: int, since: datetime, now: datetime) -> bool:
    """Returns whether they consented anew after `since`: an event may arrive a day late.

    A consent later than now was dated by a wrong clock, and proves nothing.
    """
    found = consents_of(session, subscriber)
    return bool(found) and found[-1].kind != ConsentKind.WITHDRAWN and since < found[-1].at <= now
