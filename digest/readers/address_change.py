"""Changes a reader's address: the new one confirms, the old one is notified."""

from datetime import datetime, timedelta

from sqlmodel import Session

from digest.deliver.transactional.mail import enqueue
from digest.deliver.transactional.tables import TransactionalKind
from digest.readers.signup import MESSAGES_PER_DAY, may_be_mailed
from digest.readers.signup_address import check_typed
from subscribers.addresses import AddressHasher
from subscribers.consent import ConsentOrigin
from subscribers.preferences import AddressChanged, confirm_address_change, request_address_change
from subscribers.rate_counter import count_attempt

A_DAY = timedelta(days=1)


def start_address_change(
    session: Session, hasher: AddressHasher, subscriber_id: int, email: str, now: datetime
) -> None:
    """Queues a confirmation message to the new address. Raises AddressError.

    The address is judged, and the messages to its mailbox are counted, as those of a sign-up: who
    has a link could pester others, or this machine's own users, by this form as well.
    """
    parsed = check_typed(email, sure=email)
    asked = count_attempt(session, hasher, f"mover {subscriber_id}", A_DAY, now)
    if asked > MESSAGES_PER_DAY or not may_be_mailed(session, hasher, parsed.key, now):
        return
    change_number = request_address_change(session, subscriber_id, email, now)
    if change_number is not None:
        enqueue(
            session,
            TransactionalKind.CHANGE,
            subscriber_id,
            f"{change_number}",
            now,
            email=parsed.email,
            context={"number": change_number},
        )


def complete_address_change(
    session: Session,
    hasher: AddressHasher,
    subscriber_id: int,
    change_number: int,
    *,
    origin: ConsentOrigin,
    now: datetime,
) -> AddressChanged | None:
    """Confirms an address change and queues a notice to the old address.

    Returns what `subscribers.preferences.confirm_address_change` does.
    """
    moved = confirm_address_change(
        session, hasher, subscriber_id, change_number, origin=origin, now=now
    )
    if moved is not None and not moved.same_mailbox:
        enqueue(
            session,
            TransactionalKind.CHANGED,
            subscriber_id,
            f"{change_number}",
            now,
            email=moved.old,
        )
    return moved
