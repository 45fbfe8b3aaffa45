"""Suppressions reviewed and taken off by hand: who did it and why is kept for good."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from store.errors import UserError
from subscribers import suppression
from subscribers.consent import ConsentKind, proofs
from subscribers.tables import Lift, Subscriber, SubscriberStatus, Suppression

LONGEST_WORDS = 500
_BY_PROVIDERS = (SubscriberStatus.BOUNCED, SubscriberStatus.COMPLAINED)


class LiftError(UserError, ValueError):
    """It can't be lifted; the message is one line why."""


def lift_by_hand(
    session: Session, address_hash: str, *, who: str, why: str, now: datetime
) -> Lift | None:
    """Takes the address off and writes down who and why; None if it was not on.

    Somebody who bounced or complained is again what their last consent made them. Who has left
    stays unsubscribed: only they can come back. Raises LiftError without a name or a reason.
    """
    who, why = " ".join(who.split())[:LONGEST_WORDS], " ".join(why.split())[:LONGEST_WORDS]
    if not who or not why:
        raise LiftError("a suppression is lifted by somebody and for a reason: --who and --why")
    person = session.exec(
        select(Subscriber).where(Subscriber.address_hash == address_hash).with_for_update()
    ).first()
    known = suppression.find(session, address_hash)
    if known is None:
        return None
    lift = Lift(
        address_hash=address_hash,
        reason=known.reason,
        note=known.note,
        suppressed_at=known.at,
        who=who,
        why=why,
        at=now,
    )
    suppression.lift(session, address_hash)
    session.add(lift)
    if person is not None and person.status in _BY_PROVIDERS:
        person.status, person.changed_at = _consented(session, person), now
    session.flush()
    return lift


def lifts(session: Session, address_hash: str) -> Sequence[Lift]:
    """Every time the address was let off, oldest first."""
    return session.exec(
        select(Lift).where(Lift.address_hash == address_hash).order_by(col(Lift.id))
    ).all()


def last_lifts(session: Session, subscriber_ids: Sequence[int]) -> dict[int, datetime]:
    """When each subscriber's address was last let off, where it ever was."""
    rows = session.exec(
        select(Subscriber.id, func.max(col(Lift.at)))
        .join(Lift, col(Lift.address_hash) == col(Subscriber.address_hash))
        .where(col(Subscriber.id).in_(subscriber_ids))
        .group_by(col(Subscriber.id))
    )
    return {number: at for number, at in rows if number is not None}


def suppressed(session: Session, most: int) -> Sequence[Suppression]:
    """What must not be mailed, newest first."""
    return session.exec(
        select(Suppression)
        .order_by(col(Suppression.at).desc(), col(Suppression.id).desc())
        .limit(most)
    ).all()


def _consented(session: Session, person: Subscriber) -> SubscriberStatus:
    """What the last proof of consent says they are; nothing on record is not enough to mail."""
    said = proofs(session, person.id or 0)
    match said[-1].kind if said else None:
        case ConsentKind.CONFIRMED | ConsentKind.IMPORTED:
            return SubscriberStatus.ACTIVE
        case ConsentKind.WITHDRAWN:
            return SubscriberStatus.UNSUBSCRIBED
        case _:
            return SubscriberStatus.PENDING
