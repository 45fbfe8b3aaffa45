"""Addresses that must not be mailed: put on, taken off, looked up."""

from datetime import datetime

from sqlmodel import Session, select

from subscribers.insertion import insert_new
from subscribers.tables import Subscriber, SubscriberStatus, Suppression, SuppressionReason

GRAVITY = (
    SuppressionReason.UNSUBSCRIBED,
    SuppressionReason.BOUNCED,
    SuppressionReason.BY_HAND,
    SuppressionReason.COMPLAINED,
)
"""A graver reason replaces a lighter one. ERASED stands outside: nothing is added to it."""

_LONGEST_NOTE = 500


def suppress(
    session: Session,
    address_hash: str,
    email: str | None,
    reason: SuppressionReason,
    now: datetime,
    *,
    note: str = "",
) -> Suppression:
    """Puts the address on; one that is on already keeps its reason unless this one is graver."""
    row = Suppression(
        address_hash=address_hash, email=email, reason=reason, note=note[:_LONGEST_NOTE], at=now
    )
    statement = insert_new(session, Suppression).values(**row.model_dump(exclude={"id"}))
    fresh = session.connection().execute(statement).rowcount > 0
    known = session.exec(
        select(Suppression).where(Suppression.address_hash == address_hash).with_for_update()
    ).one()
    if not fresh and _graver(reason, known.reason):
        known.reason, known.note, known.at = reason, row.note, now
        session.flush()
    return known


def lift(session: Session, address_hash: str) -> bool:
    """Takes the address off; False if it was not on."""
    known = find(session, address_hash)
    if known is None:
        return False
    session.delete(known)
    session.flush()
    return True


def find(session: Session, address_hash: str) -> Suppression | None:
    return session.exec(select(Suppression).where(Suppression.address_hash == address_hash)).first()


def is_suppressed(session: Session, address_hash: str) -> bool:
    return find(session, address_hash) is not None


def keep_hash_only(session: Session, address_hash: str, now: datetime) -> None:
    """What erasure leaves: the address stays blocked, and nothing says whose it was."""
    row = suppress(session, address_hash, None, SuppressionReason.ERASED, now)
    row.reason, row.email, row.note, row.detail = SuppressionReason.ERASED, None, "", {}
    row.at = now
    session.flush()


def suppress_bounced(session: Session, subscriber_id: int, note: str, now: datetime) -> None:
    """A provider said that the address itself is at fault. An erased subscriber is nobody."""
    reason, status = SuppressionReason.BOUNCED, SubscriberStatus.BOUNCED
    _suppress_person(session, subscriber_id, reason, status, note=note, now=now)


def suppress_complained(session: Session, subscriber_id: int, note: str, now: datetime) -> None:
    """The reader called it spam. An erased subscriber is nobody."""
    reason, status = SuppressionReason.COMPLAINED, SubscriberStatus.COMPLAINED
    _suppress_person(session, subscriber_id, reason, status, note=note, now=now)


def _suppress_person(
    session: Session,
    subscriber_id: int,
    reason: SuppressionReason,
    status: SubscriberStatus,
    *,
    note: str,
    now: datetime,
) -> None:
    # The person first, then the suppression: the order in which unsubscribing locks them.
    person = session.get(Subscriber, subscriber_id, with_for_update=True)
    if person is None:
        return
    suppress(session, person.address_hash, person.email, reason, now, note=note)
    # Whoever left by themselves stays unsubscribed: that is the last word they said.
    if person.status in {SubscriberStatus.PENDING, SubscriberStatus.ACTIVE}:
        person.status, person.changed_at = status, now
        session.flush()


def _graver(reason: SuppressionReason, known: str) -> bool:
    ranks = {str(one): rank for rank, one in enumerate(GRAVITY)}
    return known in ranks and ranks.get(reason, -1) > ranks[known]
