"""Changes a reader's address: the new one confirms, the old one is notified."""

from datetime import datetime, timedelta

from sqlmodel import Session

from digest.deliver.transactional.mail import enqueue
from digest.deliver.transactional.tables import TransactionalKind
from digest.readers.signup import MESSAGES_PER_DAY
from subscribers.addresses import AddressHasher, parse_address
from subscribers.consent import ConsentOrigin
from subscribers.preferences import AddressChanged, confirm_address_change, request_address_change
from subscribers.rate_counter import count_attempt, mailbox_of

A_DAY = timedelta(days=1)


def start_address_change(
    session: Session, hasher: AddressHasher, subscriber_id: int, email: str, now: datetime
) -> None:
    """Queues a confirmation message to the new address. Raises AddressError.

    Does nothing after `MESSAGES_PER_DAY` requests of one subscriber or to one mailbox, so that
    the form can't be used to flood a mailbox.
    """
    key = parse_address(email).key
    asked = count_attempt(session, hasher, f"mover {subscriber_id}", A_DAY, now)
    if (
        asked > MESSAGES_PER_DAY
        or count_attempt(session, hasher, f"address {mailbox_of(key)}", A_DAY, now)
        > MESSAGES_PER_DAY
    ):
        return
    change_number = request_address_change(session, subscriber_id, email, now)
    if change_number is not None:
        enqueue(
            session,
            TransactionalKind.CHANGE,
            subscriber_id,
            f"{change_number}",
            now,
            email=parse_address(email).email,
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
