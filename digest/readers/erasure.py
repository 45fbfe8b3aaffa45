"""Erases what is stored of a reader, and of their address in other people's rows."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from digest.deliver.tables import Attempt, Delivery
from digest.deliver.transactional.tables import TransactionalMessage, TransactionalState
from digest.events.tables import Event
from subscribers.addresses import AddressError, AddressHasher, parse_address
from subscribers.service import erase_subscriber, find_subscriber
from subscribers.tables import AddressChange, Subscriber

_OPEN = (TransactionalState.QUEUED, TransactionalState.SUBMITTING)


def erase_reader(
    session: Session, hasher: AddressHasher, subscriber_id: int, now: datetime
) -> bool:
    """Erases the reader; False if nobody has that id.

    Their deliveries stay as counts that name nobody, so that each issue's counts still add up
    (invariant 1, docs/invariants.md). The words of servers and browsers are deleted from them,
    since these may hold an address. Whoever calls it truncates the log afterwards
    (`Store.truncate_log`), which holds what was written before.
    """
    person = session.get(Subscriber, subscriber_id, with_for_update=True)
    if person is None:
        return False
    theirs = select(Delivery.id).where(Delivery.subscriber_id == subscriber_id)
    for table in (Attempt, Event):
        empty: Any = "" if table is Attempt else {}
        session.execute(
            update(table)
            .where(col(table.delivery_id).in_(theirs))
            .values(detail=empty)
            .execution_options(synchronize_session=False)
        )
    _clear_address(session, person.email, now)
    return erase_subscriber(session, hasher, person.email, now)


def erase_email(session: Session, hasher: AddressHasher, email: str, now: datetime) -> bool:
    """Erases whoever has that address; False if nobody is on the list with it.

    It is kept off the list by its hash all the same. Raises AddressError.
    """
    person = find_subscriber(session, email)
    if person is not None and person.id is not None:
        return erase_reader(session, hasher, person.id, now)
    _clear_address(session, parse_address(email).email, now)
    return erase_subscriber(session, hasher, email, now)


def _clear_address(session: Session, email: str, now: datetime) -> None:
    """Takes the address out of what others asked for: changes to it, and messages sent there.

    A message that is still to be sent is not.
    """
    key = parse_address(email).key
    for change in session.exec(
        select(AddressChange)
        .where(func.lower(col(AddressChange.email)) == func.lower(email))
        .with_for_update()
    ):
        if change.email is not None and _key(change.email) == key:
            change.email = None
    for message in session.exec(
        select(TransactionalMessage)
        .where(func.lower(col(TransactionalMessage.email)) == func.lower(email))
        .with_for_update()
    ):
        if message.email is None or _key(message.email) != key:
            continue
        message.email = ""  # not None, which is the reader's own
        if message.state in _OPEN:
            message.state, message.claimed_by = TransactionalState.SUPPRESSED, None
            message.changed_at = now
    session.flush()


def _key(email: str) -> str:
    try:
        return parse_address(email).key
    except AddressError:
        return ""
