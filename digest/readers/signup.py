"""Signs up with double opt-in: counts and stores the request and queues a confirmation message.

Each function runs in one transaction of the caller.
"""

import logging
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit

from sqlmodel import Session, col, select

from digest.catalog.published import published_comparison
from digest.deliver.transactional.mail import enqueue
from digest.deliver.transactional.tables import TransactionalKind
from digest.readers.signup_address import check_typed
from store.errors import DigestError
from subscribers import suppression
from subscribers.addresses import AddressHasher, parse_address
from subscribers.consent import ConsentKind, ConsentOrigin, newest_consent
from subscribers.rate_counter import count_attempt, mailbox_of, network_of
from subscribers.service import find_subscriber, unsubscribe
from subscribers.signup import ConfirmationResult, NextStep, confirm_signup, request_signup
from subscribers.tables import Consent, Subscriber, SubscriberStatus, SuppressionReason

log = logging.getLogger(__name__)

PER_NETWORK = 30
NETWORK_SPAN = timedelta(hours=1)
MESSAGES_PER_DAY = 3
MESSAGES_PER_MONTH = 5
"""Messages to one mailbox, however often it is entered: more would be a way to pester people."""
MONTH = timedelta(days=30)
SAME_REQUEST = timedelta(minutes=10)
"""A form that is sent again within this span causes no second message."""
_COMPARISON = re.compile(r"/comparisons/([^/]{1,400})/?")
_MESSAGES = {
    NextStep.CONFIRMATION: TransactionalKind.CONFIRMATION,
    NextStep.ALREADY: TransactionalKind.ALREADY,
}


class TooManySignupsError(DigestError):
    """More sign-ups from one network than people send. `retry_after` is in seconds."""

    http_status = 429
    retry_after = int(NETWORK_SPAN.total_seconds())


@dataclass(frozen=True, slots=True)
class SignupRequest:
    """What somebody entered; `wording` is the consent that the form showed."""

    email: str
    first_name: str
    wording: str
    origin: ConsentOrigin
    sure: str = ""
    """The address that the form asked about before, since it looks misspelt."""


def limit_signups(session: Session, hasher: AddressHasher, ip: str, now: datetime) -> None:
    """Counts a request from `ip`'s network. Raises TooManySignupsError beyond the limit."""
    if count_attempt(session, hasher, f"network {network_of(ip)}", NETWORK_SPAN, now) > PER_NETWORK:
        raise TooManySignupsError


def start_signup(
    session: Session,
    hasher: AddressHasher,
    request: SignupRequest,
    now: datetime,
    per_day: int = 0,
) -> None:
    """Stores the request and queues the message that fits it. Raises AddressError.

    Raises TooManySignupsError beyond `per_day` requests of the whole site (0: no limit), whoever
    they are from: a flood through many networks stops there.

    Neither the result nor the time taken tells whether the address is known: every path writes and
    none sends.
    """
    key = check_typed(request.email, request.sure).key
    if not may_be_mailed(session, hasher, key, now):
        return
    day = timedelta(days=1)
    if per_day and count_attempt(session, hasher, "all confirmations", day, now) > per_day:
        log.warning("more than %s sign-ups today: no more are taken", per_day)
        raise TooManySignupsError
    asked = request_signup(
        session,
        hasher,
        request.email,
        first_name=request.first_name,
        wording=request.wording,
        origin=request.origin,
        now=now,
    )
    if asked.subscriber_id is not None:
        moment = int(now.timestamp() // SAME_REQUEST.total_seconds())
        enqueue(
            session,
            _MESSAGES[asked.due],
            asked.subscriber_id,
            # Another name is another request, and its link confirms that name.
            f"{moment}:{asked.request}" if asked.request else f"{moment}",
            now,
            context={"request": asked.request} if asked.request else {},
        )


def send_preferences_link(
    session: Session, hasher: AddressHasher, email: str, now: datetime
) -> None:
    """Queues a message with the preferences link, if a reader has the address.

    Raises AddressError. As for a sign-up, nothing tells whether the address is known.
    """
    key = parse_address(email).key
    if not may_be_mailed(session, hasher, key, now):
        return
    reader = find_subscriber(session, email)
    if reader is not None and reader.id and reader.status == SubscriberStatus.ACTIVE:
        moment = int(now.timestamp() // SAME_REQUEST.total_seconds())
        enqueue(session, TransactionalKind.ALREADY, reader.id, f"{moment}", now)


def never_write_again(
    session: Session, hasher: AddressHasher, subscriber_id: int, now: datetime
) -> None:
    """Suppresses the address of a sign-up for good, as its owner says: no form undoes that."""
    unsubscribe(session, hasher, subscriber_id, source="never again", now=now)
    reader = session.get(Subscriber, subscriber_id)
    if reader is not None:
        suppression.suppress(
            session,
            reader.address_hash,
            reader.email,
            SuppressionReason.MANUAL,
            now,
            note="asked never to be written to again",
        )


def may_be_mailed(session: Session, hasher: AddressHasher, key: str, now: datetime) -> bool:
    """Counts a message to the mailbox; returns whether it is within the limits."""
    what = f"address {mailbox_of(key)}"
    today = count_attempt(session, hasher, what, timedelta(days=1), now)
    if today > MESSAGES_PER_DAY:
        return False
    return count_attempt(session, hasher, what, MONTH, now) <= MESSAGES_PER_MONTH


def complete_signup(
    session: Session,
    subscriber_id: int,
    *,
    request: int = 0,
    wording: str,
    origin: ConsentOrigin,
    now: datetime,
) -> ConfirmationResult:
    """Confirms a sign-up; queues a welcome message if the reader is new on the list.

    `request` is the number in the link that confirms it.
    """
    source = _asked_at(session, subscriber_id)
    origin = ConsentOrigin(source, origin.ip, origin.user_agent, origin.form)
    found = confirm_signup(
        session, subscriber_id, request=request, wording=wording, origin=origin, now=now
    )
    if found is ConfirmationResult.NOW:
        proof = newest_consent(session, subscriber_id)
        enqueue(
            session,
            TransactionalKind.WELCOME,
            subscriber_id,
            f"{proof.id if proof else 0}",
            now,
            context={"comparison": _published(session, comparison_in(source), now)},
        )
    return found


def comparison_in(source: str) -> str:
    """Returns the slug of the comparison in `source`, a page's address; empty if there is none."""
    try:
        path = unquote(urlsplit(source).path)
    except ValueError:
        return ""
    found = _COMPARISON.search(path)
    return found[1] if found and found[1].isprintable() else ""


def _published(session: Session, slug: str, now: datetime) -> str:
    """The slug if readers may see that comparison; else an empty one."""
    return slug if slug and published_comparison(session, slug, now) else ""


def _asked_at(session: Session, subscriber_id: int) -> str:
    """Returns the page that the newest sign-up request came from."""
    found = session.exec(
        select(Consent.source)
        .where(Consent.subscriber_id == subscriber_id, Consent.kind == ConsentKind.REQUESTED)
        .order_by(col(Consent.id).desc())
        .limit(1)
    ).first()
    return found or ""
