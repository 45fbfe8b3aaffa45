"""A request to be put on the list: counted, written down, and a letter owed, in one transaction."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit

from sqlmodel import Session, col, select

from digest.deliver.transactional.mail import enqueue
from digest.deliver.transactional.tables import TransactionalKind
from store.errors import DigestError
from subscribers.addresses import AddressHasher, parse_address
from subscribers.consent import ConsentKind, ConsentOrigin, newest_consent
from subscribers.signup import ConfirmationResult, NextStep, confirm_signup, request_signup
from subscribers.signup_limits import count_attempt, mailbox_of, network_of
from subscribers.tables import Consent

PER_NETWORK = 30
NETWORK_SPAN = timedelta(hours=1)
LETTERS_A_DAY = 3
"""To one mailbox, however often it is entered: more would make the form a way to pester people."""
SAME_REQUEST = timedelta(minutes=10)
"""A form that is sent again within this span of the clock causes no second letter."""
_COMPARISON = re.compile(r"/comparisons/([^/]{1,400})/?")
_LETTERS = {
    NextStep.CONFIRMATION: TransactionalKind.CONFIRMATION,
    NextStep.ALREADY: TransactionalKind.ALREADY,
}


class TooManySignupsError(DigestError):
    """More requests from one network than people send. `retry_after` is in seconds."""

    http_status = 429
    retry_after = int(NETWORK_SPAN.total_seconds())


@dataclass(frozen=True, slots=True)
class SignupRequest:
    """What somebody entered; `wording` is what they agreed to, as it stood there."""

    email: str
    first_name: str
    wording: str
    origin: ConsentOrigin


def limit_signups(session: Session, hasher: AddressHasher, ip: str, now: datetime) -> None:
    """Counts a request. Raises TooManyError."""
    if count_attempt(session, hasher, f"network {network_of(ip)}", NETWORK_SPAN, now) > PER_NETWORK:
        raise TooManySignupsError


def start_signup(
    session: Session, hasher: AddressHasher, application: SignupRequest, now: datetime
) -> None:
    """Does what the request calls for; nothing that comes back tells what. Raises AddressError.

    Every path writes and none sends, so all take about as long.
    """
    key = parse_address(application.email).key
    if (
        count_attempt(session, hasher, f"address {mailbox_of(key)}", timedelta(days=1), now)
        > LETTERS_A_DAY
    ):
        return
    asked = request_signup(
        session,
        hasher,
        application.email,
        first_name=application.first_name,
        wording=application.wording,
        origin=application.origin,
        now=now,
    )
    if asked.subscriber_id is not None:
        moment = int(now.timestamp() // SAME_REQUEST.total_seconds())
        enqueue(session, _LETTERS[asked.due], asked.subscriber_id, f"{moment}", now)


def complete_signup(
    session: Session, subscriber_id: int, *, wording: str, origin: ConsentOrigin, now: datetime
) -> ConfirmationResult:
    """The button behind the confirmation's link; who is new on the list is owed a welcome."""
    source = _asked_at(session, subscriber_id)
    origin = ConsentOrigin(source, origin.ip, origin.user_agent, origin.form)
    found = confirm_signup(session, subscriber_id, wording=wording, origin=origin, now=now)
    if found is ConfirmationResult.NOW:
        proof = newest_consent(session, subscriber_id)
        enqueue(
            session,
            TransactionalKind.WELCOME,
            subscriber_id,
            f"{proof.id if proof else 0}",
            now,
            context={"comparison": comparison_in(source)},
        )
    return found


def comparison_in(source: str) -> str:
    """The slug of the comparison that `source`, a page's address, is about; empty if none."""
    try:
        path = unquote(urlsplit(source).path)
    except ValueError:
        return ""
    found = _COMPARISON.search(path)
    return found[1] if found and found[1].isprintable() else ""


def _asked_at(session: Session, subscriber_id: int) -> str:
    """The page that the newest request came from."""
    found = session.exec(
        select(Consent.source)
        .where(Consent.subscriber_id == subscriber_id, Consent.kind == ConsentKind.REQUESTED)
        .order_by(col(Consent.id).desc())
        .limit(1)
    ).first()
    return found or ""
