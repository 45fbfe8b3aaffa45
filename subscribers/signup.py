"""Double opt-in: a request, a confirmation by the owner of the address, and coming back."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlmodel import Session, col, select

from store.insertion import insert_new
from subscribers import suppression
from subscribers.addresses import AddressHasher, parse_address
from subscribers.consent import ConsentKind, ConsentOrigin, newest_consent, record_consent
from subscribers.service import clean_name, new_row
from subscribers.tables import Subscriber, SubscriberStatus, SuppressionReason

CONFIRMATION_EXPIRES_AFTER = timedelta(days=30)
"""How long a request can be confirmed: a click a year later proves little."""


class NextStep(StrEnum):
    """What mail a request calls for. The page that answers it does not show which."""

    CONFIRMATION = "confirmation"
    ALREADY = "already"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class SignupResult:
    """What a request calls for; `subscriber_id` is None where nothing is sent."""

    due: NextStep
    subscriber_id: int | None = None


class ConfirmationResult(StrEnum):
    NOW = "now"
    BEFORE = "before"
    TOO_LATE = "too late"
    """No request can be confirmed: it is too old, withdrawn since, or the address suppressed."""
    NOBODY = "nobody"


def request_signup(
    session: Session,
    hasher: AddressHasher,
    email: str,
    *,
    first_name: str,
    wording: str,
    origin: ConsentOrigin,
    now: datetime,
) -> SignupResult:
    """Store a request to put an address on the list. Raises AddressError.

    A reader who unsubscribed may sign up again. An address that bounced, complained, was erased
    or was suppressed manually gets no message: a form does not undo that.
    """
    parsed = parse_address(email)
    if not _may_resubscribe(session, hasher.hash(parsed.key)):
        return SignupResult(NextStep.NOTHING)
    row = new_row(
        hasher,
        parsed,
        first_name=first_name,
        status=SubscriberStatus.PENDING,
        source=origin.source,
        now=now,
    )
    # First, so that two requests for one address at the same moment follow each other.
    session.connection().execute(insert_new(session, Subscriber).values(**row))
    person = session.exec(
        select(Subscriber).where(Subscriber.email_key == parsed.key).with_for_update()
    ).one()
    assert person.id is not None  # noqa: S101 - it came from the database
    match person.status:
        case SubscriberStatus.ACTIVE:
            return SignupResult(NextStep.ALREADY, person.id)
        case SubscriberStatus.PENDING | SubscriberStatus.UNSUBSCRIBED:
            person.first_name = person.first_name or clean_name(first_name)
            record_consent(
                session, person.id, ConsentKind.REQUESTED, wording, now, **asdict(origin)
            )
            return SignupResult(NextStep.CONFIRMATION, person.id)
        case _:
            return SignupResult(NextStep.NOTHING)


def confirm_signup(
    session: Session,
    subscriber_id: int,
    *,
    wording: str,
    origin: ConsentOrigin,
    now: datetime,
) -> ConfirmationResult:
    """Put a subscriber on the list after the owner of the address confirmed the request."""
    person = _locked(session, subscriber_id)
    if person is None:
        return ConfirmationResult.NOBODY
    if person.status == SubscriberStatus.ACTIVE:
        return ConfirmationResult.BEFORE
    if not can_confirm(session, person, now):
        return ConfirmationResult.TOO_LATE
    _activate(session, person, wording, origin, now)
    return ConfirmationResult.NOW


def can_confirm(session: Session, person: Subscriber, now: datetime) -> bool:
    """Return whether the newest consent record is a request or question that has not expired."""
    assert person.id is not None  # noqa: S101 - it came from the database
    last = newest_consent(session, person.id)
    return (
        person.status in {SubscriberStatus.PENDING, SubscriberStatus.UNSUBSCRIBED}
        and last is not None
        and last.kind in {ConsentKind.REQUESTED, ConsentKind.INVITED}
        and now - last.at <= CONFIRMATION_EXPIRES_AFTER
        and _may_resubscribe(session, person.address_hash)
    )


def resubscribe(
    session: Session, subscriber_id: int, *, wording: str, origin: ConsentOrigin, now: datetime
) -> bool:
    """Undo an unsubscription made by mistake. False unless the subscriber was unsubscribed."""
    person = _locked(session, subscriber_id)
    if (
        person is None
        or person.status != SubscriberStatus.UNSUBSCRIBED
        or not _may_resubscribe(session, person.address_hash)
    ):
        return False
    _activate(session, person, wording, origin, now)
    return True


def _activate(
    session: Session, person: Subscriber, wording: str, origin: ConsentOrigin, now: datetime
) -> None:
    assert person.id is not None  # noqa: S101 - it came from the database
    suppression.remove(session, person.address_hash)
    person.status, person.changed_at = SubscriberStatus.ACTIVE, now
    record_consent(session, person.id, ConsentKind.CONFIRMED, wording, now, **asdict(origin))


def _may_resubscribe(session: Session, address_hash: str) -> bool:
    known = suppression.find_suppression(session, address_hash)
    return known is None or known.reason == SuppressionReason.UNSUBSCRIBED


def _locked(session: Session, subscriber_id: int) -> Subscriber | None:
    return session.exec(
        select(Subscriber)
        .where(col(Subscriber.id) == subscriber_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
