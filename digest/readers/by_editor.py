"""What an editor decides about one subscriber, with a reason; who decided it is kept with it."""

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decided, for which reason, and when."""

    who: str
    why: str
    at: datetime

    @property
    def reason(self) -> str:
        """The reason on one line. Raises DecisionError where none can be kept."""
        reason = " ".join(self.why.split())
        if not 0 < len(reason) <= MAX_REASON:
            found = "none" if not reason else f"{len(reason)} characters"
            raise DecisionError(
                f"reason: found {found}, expected 1 to {MAX_REASON} characters; it is kept"
            )
        return reason

    @property
    def note(self) -> str:
        """Who decided, and why: what a consent or a suppression keeps. Raises DecisionError."""
        return f"{self.who[:_MAX_NAME]}: {self.reason}"


def unsubscribe_for(
    session: Session, hasher: AddressHasher, subscriber_id: int, decision: Decision
) -> None:
    """Unsubscribe somebody who asked for it. Raises DecisionError."""
    person = _person(session, subscriber_id)
    unsubscribe(session, hasher, person.id or 0, source=decision.note, now=decision.at)


def suppress_for(
    session: Session, hasher: AddressHasher, subscriber_id: int, decision: Decision
) -> None:
    """Never mail the address again, whatever its owner's consent. Raises DecisionError."""
    person = _person(session, subscriber_id)
    reason, note = SuppressionReason.MANUAL, decision.note
    for one in sorted(hashes_of(hasher, person)):
        suppression.suppress(session, one, person.email, reason, decision.at, note=note)


def lift_for(
    session: Session, hasher: AddressHasher, subscriber_id: int, decision: Decision
) -> None:
    """Remove the suppression of the address. Raises DecisionError where there is none."""
    person, why = _person(session, subscriber_id), decision.reason
    removed = [
        remove_suppression(session, one, who=decision.who, why=why, now=decision.at)
        for one in sorted(hashes_of(hasher, person))
    ]
    if not any(removed):
        raise DecisionError("this address is not suppressed")


def _person(session: Session, subscriber_id: int) -> Subscriber:
    person = session.get(Subscriber, subscriber_id, with_for_update=True)
    if person is None:
        raise DecisionError("nobody on the list has this page any more")
    return person
