"""Double opt-in: a request, a confirmation by the owner of the address, and coming back."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlmodel import Session, col, delete, select

from store.insertion import insert_new
from subscribers import suppression
from subscribers.addresses import AddressHasher, parse_address
from subscribers.consent import ConsentKind, ConsentOrigin, newest_consent, record_consent
from subscribers.public_ids import new_short_id
from subscribers.service import clean_name, new_row
from subscribers.tables import RequestedName, Subscriber, SubscriberStatus

CONFIRMATION_EXPIRES_AFTER = timedelta(days=30)
"""How long a request can be confirmed: a click a year later proves little."""

UNDO_EXPIRES_AFTER = timedelta(days=1)
"""How long a link that unsubscribed also undoes it; later a request is confirmed anew."""


class NextStep(StrEnum):
    """What mail a request calls for. The page that answers it does not show which."""

    CONFIRMATION = "confirmation"
    ALREADY = "already"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class SignupResult:
    """What a request calls for; `subscriber_id` is None where nothing is sent.

    `request` is the number that the link which confirms it carries.
    """

    due: NextStep
    subscriber_id: int | None = None
    request: int = 0


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

    Whoever unsubscribed, or was erased, may ask to come back. An address that bounced, complained
    or was suppressed manually gets nothing: typing it into a form does not undo that. The name
    counts once the request is confirmed: anybody can enter one.
    """
    parsed = parse_address(email)
    if not _may_resubscribe(session, hasher.hash(parsed.key)):
        return SignupResult(NextStep.NOTHING)
    row = new_row(
        hasher,
        parsed,
        first_name="",
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
            record_consent(
                session, person.id, ConsentKind.REQUESTED, wording, now, **asdict(origin)
            )
            number = _record_request(session, person.id, clean_name(first_name), now)
            return SignupResult(NextStep.CONFIRMATION, person.id, number)
        case _:
            return SignupResult(NextStep.NOTHING)


def _record_request(session: Session, subscriber_id: int, first_name: str, now: datetime) -> int:
    """Keep the name of a request; return its number, the same while the same name is entered."""
    known = session.exec(
        select(RequestedName).where(
            RequestedName.subscriber_id == subscriber_id, RequestedName.first_name == first_name
        )
    ).first()
    request = known or RequestedName(
        subscriber_id=subscriber_id, number=new_short_id(), first_name=first_name, at=now
    )
    request.at = now
    session.add(request)
    session.flush()
    return request.number


def confirm_signup(
    session: Session,
    subscriber_id: int,
    *,
    request: int = 0,
    wording: str,
    origin: ConsentOrigin,
    now: datetime,
) -> ConfirmationResult:
    """Put a subscriber on the list whose owner of the address confirmed the request.

    Their name is what was entered with that request; a link of the time before carries 0, and
    confirms the newest.
    """
    person = _locked(session, subscriber_id)
    if person is None:
        return ConfirmationResult.NOBODY
    if person.status == SubscriberStatus.ACTIVE:
        return ConfirmationResult.BEFORE
    if not can_confirm(session, person, now):
        return ConfirmationResult.TOO_LATE
    _take_name(session, person, request)
    _activate(session, person, wording, origin, now)
    return ConfirmationResult.NOW


def _take_name(session: Session, person: Subscriber, request: int) -> None:
    """Give a reader the name of the request that they confirmed, and forget the others."""
    asked = session.exec(
        select(RequestedName)
        .where(RequestedName.subscriber_id == person.id)
        .order_by(col(RequestedName.at), col(RequestedName.number))
    ).all()
    confirmed = [one.first_name for one in asked if request in (one.number, 0)]
    if confirmed and confirmed[-1]:
        person.first_name = confirmed[-1]
    session.exec(delete(RequestedName).where(col(RequestedName.subscriber_id) == person.id))


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
    """Put somebody back who unsubscribed by mistake less than a day ago. False otherwise."""
    person = _locked(session, subscriber_id)
    if person is None or not can_undo(session, person, now):
        return False
    _activate(session, person, wording, origin, now)
    return True


def can_undo(session: Session, person: Subscriber, now: datetime) -> bool:
    """Return whether the link that unsubscribed somebody may still put them back."""
    last = newest_consent(session, person.id or 0)
    return (
        person.status == SubscriberStatus.UNSUBSCRIBED
        and last is not None
        and last.kind == ConsentKind.WITHDRAWN
        and now - last.at <= UNDO_EXPIRES_AFTER
        and _may_resubscribe(session, person.address_hash)
    )


def _activate(
    session: Session, person: Subscriber, wording: str, origin: ConsentOrigin, now: datetime
) -> None:
    assert person.id is not None  # noqa: S101 - it came from the database
    suppression.remove(session, person.address_hash)
    person.status, person.changed_at = SubscriberStatus.ACTIVE, now
    record_consent(session, person.id, ConsentKind.CONFIRMED, wording, now, **asdict(origin))


def _may_resubscribe(session: Session, address_hash: str) -> bool:
    known = suppression.find_suppression(session, address_hash)
    return known is None or known.reason in suppression.REVERSIBLE


def _locked(session: Session, subscriber_id: int) -> Subscriber | None:
    return session.exec(
        select(Subscriber)
        .where(col(Subscriber.id) == subscriber_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
