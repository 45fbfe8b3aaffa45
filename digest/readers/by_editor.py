"""What an editor decides about one subscriber, with a reason; who decided it is kept with it."""

from datetime import datetime

from sqlmodel import Session

from store.errors import UserError
from subscribers import suppression
from subscribers.addresses import AddressHasher
from subscribers.service import hashes_of, unsubscribe
from subscribers.suppression_removal import remove_suppression
from subscribers.tables import Subscriber, SuppressionReason

MAX_REASON = 150
"""Characters; with who decided it, it fits a consent's source."""
_MAX_NAME = 40


class DecisionError(UserError, ValueError):
    """It can't be decided so; one line why."""


def unsubscribe_for(
    session: Session,
    hasher: AddressHasher,
    subscriber_id: int,
    *,
    who: str,
    why: str,
    now: datetime,
) -> None:
    """Unsubscribe somebody who asked for it. Raises DecisionError."""
    person = _person(session, subscriber_id)
    source = f"{who[:_MAX_NAME]}: {_reason(why)}"
    unsubscribe(session, hasher, person.id or 0, source=source, now=now)


def suppress_for(
    session: Session,
    hasher: AddressHasher,
    subscriber_id: int,
    *,
    who: str,
    why: str,
    now: datetime,
) -> None:
    """Never mail the address again, whatever its owner's consent. Raises DecisionError."""
    person = _person(session, subscriber_id)
    note = f"{who[:_MAX_NAME]}: {_reason(why)}"
    for one in sorted(hashes_of(hasher, person)):
        reason = SuppressionReason.MANUAL
        suppression.suppress(session, one, person.email, reason, now, note=note)


def lift_for(
    session: Session,
    hasher: AddressHasher,
    subscriber_id: int,
    *,
    who: str,
    why: str,
    now: datetime,
) -> None:
    """Remove the suppression of the address. Raises DecisionError where there is none."""
    person, reason = _person(session, subscriber_id), _reason(why)
    removed = [
        remove_suppression(session, one, who=who, why=reason, now=now)
        for one in sorted(hashes_of(hasher, person))
    ]
    if not any(removed):
        raise DecisionError("this address is not suppressed")


def _person(session: Session, subscriber_id: int) -> Subscriber:
    person = session.get(Subscriber, subscriber_id, with_for_update=True)
    if person is None:
        raise DecisionError("nobody on the list has this page any more")
    return person


def _reason(why: str) -> str:
    reason = " ".join(why.split())
    if not 0 < len(reason) <= MAX_REASON:
        found = "none" if not reason else f"{len(reason)} characters"
        raise DecisionError(
            f"reason: found {found}, expected 1 to {MAX_REASON} characters; it is kept"
        )
    return reason
