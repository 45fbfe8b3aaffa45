"""Changes a reader's address: the new one confirms, the old one is notified."""

from datetime import datetime, timedelta

from sqlmodel import Session

from digest.deliver.transactional.mail import enqueue
from digest.deliver.transactional.tables import TransactionalKind
from digest.readers.signup import MESSAGES_PER_DAY
from subscribers.addresses import AddressHasher, parse_address
from subscribers.consent import ConsentOrigin
from subscribers.preferences import AddressChanged, confirm_address_change, request_address_change
from subscribers.signup_limits import count_attempt, mailbox_of

A_DAY = timedelta(days=1)


def start_address_change(
    session: Session, hasher: AddressHasher, subscriber_id: int, email: str, now: datetime
) -> None:
    """Queues a confirmation message to the new address. Raises AddressError.

    Does nothing beyond a few a day, per reader and per mailbox: more would be a way to pester
    people.
    """
    key = parse_address(email).key
    asked = count_attempt(session, hasher, f"mover {subscriber_id}", A_DAY, now)
    if (
        asked > MESSAGES_PER_DAY
        or count_attempt(session, hasher, f"address {mailbox_of(key)}", A_DAY, now)
        > MESSAGES_PER_DAY
    ):
        return
    number = request_address_change(session, subscriber_id, email, now)
    if number is not None:
        enqueue(
            session,
            TransactionalKind.CHANGE,
            subscriber_id,
            f"{number}",
            now,
            email=parse_address(email).email,
            context={"number": number},
        )


def complete_address_change(
    session: Session,
    hasher: AddressHasher,
    subscriber_id: int,
    number: int,
    *,
    origin: ConsentOrigin,
    now: datetime,
) -> AddressChanged | None:
    """As `subscribers.preferences.confirm_address_change`; the old address gets a notice."""
    moved = confirm_address_change(session, hasher, subscriber_id, number, origin=origin, now=now)
    if moved is not None:
        enqueue(
            session, TransactionalKind.CHANGED, subscriber_id, f"{number}", now, email=moved.old
        )
    return moved
