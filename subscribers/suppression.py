"""Adds, removes and finds suppressions: addresses that must not be mailed."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from store.insertion import insert_new
from subscribers.tables import (
    Subscriber,
    SubscriberStatus,
    Suppression,
    SuppressionReason,
    SuppressionRemoval,
)

SEVERITY = (
    SuppressionReason.UNSUBSCRIBED,
    SuppressionReason.BOUNCED,
    SuppressionReason.MANUAL,
    SuppressionReason.COMPLAINED,
)
"""From least to most severe: a more severe reason replaces another. ERASED is never replaced."""

REVERSIBLE = (SuppressionReason.UNSUBSCRIBED, SuppressionReason.ERASED)
"""What the owner of an address undoes by confirming that they want mail again."""
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
    """Suppress an address; one that is suppressed keeps its reason unless this is more severe."""
    row = Suppression(
        address_hash=address_hash, email=email, reason=reason, note=note[:_LONGEST_NOTE], at=now
    )
    statement = insert_new(session, Suppression).values(**row.model_dump(exclude={"id"}))
    fresh = session.connection().execute(statement).rowcount > 0
    known = session.exec(
        select(Suppression).where(Suppression.address_hash == address_hash).with_for_update()
    ).one()
    if not fresh and _more_severe(reason, known.reason):
        known.reason, known.note, known.at = reason, row.note, now
        session.flush()
    return known


def remove(session: Session, address_hash: str) -> bool:
    """Remove a suppression; False if there was none."""
    known = find_suppression(session, address_hash)
    if known is None:
        return False
    session.delete(known)
    session.flush()
    return True


def find_suppression(session: Session, address_hash: str) -> Suppression | None:
    return session.exec(select(Suppression).where(Suppression.address_hash == address_hash)).first()


def is_suppressed(session: Session, address_hash: str) -> bool:
    return find_suppression(session, address_hash) is not None


def anonymize(session: Session, address_hash: str, now: datetime) -> None:
    """Reduce a suppression to its hash, for erasure: the address stays blocked, unnamed."""
    row = suppress(session, address_hash, None, SuppressionReason.ERASED, now)
    row.reason, row.email, row.note, row.detail = SuppressionReason.ERASED, None, "", {}
    row.at = now
    # Who removed it and when stays; what was said of the person is deleted.
    session.exec(
        update(SuppressionRemoval)
        .where(col(SuppressionRemoval.address_hash) == address_hash)
        .values(note="", why="")
    )
    session.flush()


def suppress_bounced(session: Session, notes: Mapping[int, str], now: datetime) -> None:
    """Suppress subscribers after a bounce, with a note each. Erased ones are left out."""
    _suppress_people(session, notes, SuppressionReason.BOUNCED, SubscriberStatus.BOUNCED, now)


def suppress_complained(session: Session, notes: Mapping[int, str], now: datetime) -> None:
    """Suppress subscribers after a complaint, with a note each. Erased ones are left out."""
    _suppress_people(session, notes, SuppressionReason.COMPLAINED, SubscriberStatus.COMPLAINED, now)


def _suppress_people(
    session: Session,
    notes: Mapping[int, str],
    reason: SuppressionReason,
    status: SubscriberStatus,
    now: datetime,
) -> None:
    """Suppress many subscribers with few statements."""
    # The subscriber first, then the suppression: the order in which unsubscribing locks them.
    people = session.exec(
        select(Subscriber)
        .where(col(Subscriber.id).in_(list(notes)))
        .order_by(col(Subscriber.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if not people:
        return
    blocked = session.exec(
        select(Suppression.address_hash).where(
            col(Suppression.address_hash).in_([one.address_hash for one in people])
        )
    ).all()
    for person in people:
        note = notes[person.id or 0]
        # The few that are suppressed already may have a less severe reason.
        if person.address_hash in blocked:
            suppress(session, person.address_hash, person.email, reason, now, note=note)
    fresh = [_values(one, reason, notes, now) for one in people if one.address_hash not in blocked]
    if fresh:
        session.connection().execute(insert_new(session, Suppression), fresh)
    # A subscriber who unsubscribed keeps that status: it was their own decision.
    for person in people:
        if person.status in {SubscriberStatus.PENDING, SubscriberStatus.ACTIVE}:
            person.status, person.changed_at = status, now
    session.flush()


def _values(
    person: Subscriber, reason: SuppressionReason, notes: Mapping[int, str], now: datetime
) -> dict[str, object]:
    return {
        "address_hash": person.address_hash,
        "email": person.email,
        "reason": reason,
        "note": notes[person.id or 0][:_LONGEST_NOTE],
        "detail": {},
        "at": now,
    }


def _more_severe(reason: SuppressionReason, known: str) -> bool:
    ranks = {str(one): rank for rank, one in enumerate(SEVERITY)}
    return known in ranks and ranks.get(reason, -1) > ranks[known]
