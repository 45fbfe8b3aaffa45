"""What is said of letters: the same policy as for issues, without a row of failures to count."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from digest.deliver.bounce_policy.bounce_type import BounceType
from digest.deliver.transactional.tables import TransactionalMessage, TransactionalState
from digest.events.tables import EventKind
from digest.track.provider_events.event import DeliveryEvent, OptOut
from subscribers import suppression
from subscribers.addresses import AddressHasher, parse_address
from subscribers.service import unsubscribe
from subscribers.suppression_removal import last_removals
from subscribers.tables import Subscriber, SuppressionReason

_FAILED = (EventKind.BOUNCED, EventKind.DROPPED)


def ingest_transactional(
    session: Session, hasher: AddressHasher, events: Sequence[DeliveryEvent], now: datetime
) -> None:
    """Acts on reports that are new and name a letter; they are few."""
    for event in sorted(events, key=lambda one: (one.letter or 0, one.key)):
        letter = session.get(TransactionalMessage, event.letter)
        if letter is None:  # its reader is erased
            continue
        if event.kind in _FAILED and letter.state == TransactionalState.SUBMITTED:
            letter.state, letter.code = TransactionalState.FAILED, (event.code or "")[:20] or None
            letter.changed_at = now
        reason = _reason(event)
        if reason is not None:
            _suppress(session, hasher, letter, event, reason=reason, now=now)
        elif event.opt_out is OptOut.UNSUBSCRIBE and letter.email is None:
            unsubscribe(session, hasher, letter.subscriber_id, "told by the provider", now)
    session.flush()


def _reason(event: DeliveryEvent) -> SuppressionReason | None:
    if event.opt_out is OptOut.COMPLAIN:
        return SuppressionReason.COMPLAINED
    failed = event.kind in _FAILED and event.fault is BounceType.HARD
    return SuppressionReason.BOUNCED if failed else None


def _suppress(
    session: Session,
    hasher: AddressHasher,
    letter: TransactionalMessage,
    event: DeliveryEvent,
    *,
    reason: SuppressionReason,
    now: datetime,
) -> None:
    """The address that the letter went to; the reader too, where it is theirs."""
    number = letter.subscriber_id
    lifted = last_removals(session, [number]).get(number)
    if lifted is not None and event.at <= lifted:
        return
    person = session.get(Subscriber, number)
    note = f"letter: {event.note or event.code or reason}"
    if letter.email is None or (person is not None and letter.email == person.email):
        suppress = (
            suppression.suppress_complained
            if reason is SuppressionReason.COMPLAINED
            else suppression.suppress_bounced
        )
        suppress(session, {number: note}, now)
    else:
        address_hash = hasher.hash(parse_address(letter.email).key)
        suppression.suppress(session, address_hash, letter.email, reason, now, note=note)
