"""Applies delivery events of transactional messages: the bounce policy of issues, uncounted."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, select

from digest.deliver.bounce_policy.bounce_type import BounceType
from digest.deliver.transactional.tables import TransactionalMessage, TransactionalState
from digest.track.provider_events.delivery_event import FAILED, DeliveryEvent, OptOut
from subscribers import suppression
from subscribers.addresses import AddressHasher, parse_address
from subscribers.service import unsubscribe
from subscribers.suppression_removal import last_removals
from subscribers.tables import Subscriber, SuppressionReason


def ingest_transactional(
    session: Session, hasher: AddressHasher, events: Sequence[DeliveryEvent], now: datetime
) -> None:
    """Applies new events that name a transactional message; they are few."""
    for event in sorted(events, key=lambda one: (one.transactional_id or 0, one.key)):
        message = session.exec(
            select(TransactionalMessage).where(
                TransactionalMessage.public_id == event.transactional_id
            )
        ).first()
        if message is None:  # its reader is erased
            continue
        if event.kind in FAILED and message.state == TransactionalState.SUBMITTED:
            message.state = TransactionalState.FAILED
            message.code = (event.code or "")[:20] or None
            message.changed_at = now
        reason = _suppression_reason(event)
        if reason is not None:
            _suppress(session, hasher, message, event, reason=reason, now=now)
        elif event.opt_out is OptOut.UNSUBSCRIBE and message.email is None:
            unsubscribe(session, hasher, message.subscriber_id, "told by the provider", now)
    session.flush()


def _suppression_reason(event: DeliveryEvent) -> SuppressionReason | None:
    if event.opt_out is OptOut.COMPLAIN:
        return SuppressionReason.COMPLAINED
    hard = event.kind in FAILED and event.bounce_type is BounceType.HARD
    return SuppressionReason.BOUNCED if hard else None


def _suppress(
    session: Session,
    hasher: AddressHasher,
    message: TransactionalMessage,
    event: DeliveryEvent,
    *,
    reason: SuppressionReason,
    now: datetime,
) -> None:
    """Suppresses the address that the message went to; its reader too if it is still theirs."""
    subscriber_id = message.subscriber_id
    if message.email == "":  # its address was erased
        return
    removed = last_removals(session, [subscriber_id]).get(subscriber_id)
    if removed is not None and event.at <= removed:
        return
    person = session.get(Subscriber, subscriber_id)
    note = f"letter: {event.note or event.code or reason}"
    if message.email is None or (person is not None and message.email == person.email):
        suppress = (
            suppression.suppress_complained
            if reason is SuppressionReason.COMPLAINED
            else suppression.suppress_bounced
        )
        suppress(session, {subscriber_id: note}, now)
    else:
        address_hash = hasher.hash(parse_address(message.email).key)
        suppression.suppress(session, address_hash, message.email, reason, now, note=note)
