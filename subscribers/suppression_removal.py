"""Removes suppressions manually, and keeps who did it and why."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from store.errors import UserError
from subscribers import suppression
from subscribers.addresses import AddressError, parse_address
from subscribers.consent import ConsentKind, consents_of
from subscribers.tables import Subscriber, SubscriberStatus, Suppression, SuppressionRemoval

MAX_WORDS_LENGTH = 500
_BY_PROVIDERS = (SubscriberStatus.BOUNCED, SubscriberStatus.COMPLAINED)


class SuppressionRemovalError(UserError, ValueError):
    """The suppression can't be removed; the message is one line why."""


def remove_suppression(
    session: Session, address_hash: str, *, who: str, why: str, now: datetime
) -> SuppressionRemoval | None:
    """Remove a suppression and record who did it and why; None if there was none.

    A bounced or complained subscriber gets the status of their newest consent back. An
    unsubscribed one stays so: only the reader can undo that. Raises SuppressionRemovalError
    without a name or a reason.
    """
    who, why = " ".join(who.split())[:MAX_WORDS_LENGTH], " ".join(why.split())[:MAX_WORDS_LENGTH]
    if not who or not why:
        raise SuppressionRemovalError(
            "removing a suppression needs a name and a reason: --who and --why"
        )
    known = suppression.find_suppression(session, address_hash)
    if known is None:
        return None
    person = _person_of(session, known)
    lift = SuppressionRemoval(
        address_hash=address_hash,
        reason=known.reason,
        note=known.note,
        suppressed_at=known.at,
        who=who,
        why=why,
        at=now,
    )
    suppression.remove(session, address_hash)
    session.add(lift)
    if person is not None and person.status in _BY_PROVIDERS:
        person.status, person.changed_at = _consented(session, person), now
    session.flush()
    return lift


def remove_suppressions(
    session: Session, address_hashes: Sequence[str], *, who: str, why: str, now: datetime
) -> int:
    """Remove the suppressions of all these addresses; return how many were there."""
    removed = [
        remove_suppression(session, one, who=who, why=why, now=now) for one in address_hashes
    ]
    return sum(one is not None for one in removed)


def suppressed_for(session: Session, reason: str) -> Sequence[str]:
    """Return the hashes of all addresses that are suppressed for that reason."""
    return session.exec(
        select(Suppression.address_hash)
        .where(Suppression.reason == reason)
        .order_by(col(Suppression.id))
    ).all()


def removals_of(session: Session, address_hash: str) -> Sequence[SuppressionRemoval]:
    """Return every removal of the address's suppression, oldest first."""
    return session.exec(
        select(SuppressionRemoval)
        .where(SuppressionRemoval.address_hash == address_hash)
        .order_by(col(SuppressionRemoval.id))
    ).all()


def last_removals(session: Session, subscriber_ids: Sequence[int]) -> dict[int, datetime]:
    """Return when each subscriber's suppression was last removed, where it ever was."""
    rows = session.exec(
        select(Subscriber.id, func.max(col(SuppressionRemoval.at)))
        .join(
            SuppressionRemoval, col(SuppressionRemoval.address_hash) == col(Subscriber.address_hash)
        )
        .where(col(Subscriber.id).in_(subscriber_ids))
        .group_by(col(Subscriber.id))
    )
    return {number: at for number, at in rows if number is not None}


def newest_suppressions(session: Session, most: int) -> Sequence[Suppression]:
    """Return suppressions, newest first, at most `most`."""
    return session.exec(
        select(Suppression)
        .order_by(col(Suppression.at).desc(), col(Suppression.id).desc())
        .limit(most)
    ).all()


def _consented(session: Session, person: Subscriber) -> SubscriberStatus:
    """Return the status that the newest consent record gives; pending where there is none."""
    said = consents_of(session, person.id or 0)
    match said[-1].kind if said else None:
        case ConsentKind.CONFIRMED | ConsentKind.IMPORTED:
            return SubscriberStatus.ACTIVE
        case ConsentKind.WITHDRAWN:
            return SubscriberStatus.UNSUBSCRIBED
        case _:
            return SubscriberStatus.PENDING


def _person_of(session: Session, suppressed: Suppression) -> Subscriber | None:
    """Return who on the list has a suppressed address.

    It is found by the address, which has an index; where only a hash is known, by looking at all.
    """
    wanted = Subscriber.address_hash == suppressed.address_hash
    statement = select(Subscriber).where(wanted).with_for_update()
    if suppressed.email is not None:
        with suppress(AddressError):
            key = parse_address(suppressed.email).key
            statement = statement.where(Subscriber.email_key == key)
    return session.exec(statement).first()
