"""Lists what the bounce mailbox held: what came, what it meant, what was not understood."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session, col, select

from digest.track.bounces.parse import Meaning
from digest.track.bounces.tables import InboundMessageRow
from subscribers.tables import Subscriber, SubscriberStatus

UNDECIDED = (Meaning.UNSUBSCRIBE_REQUEST, Meaning.NOT_UNDERSTOOD)
"""What waits for an editor."""


class ListedMessage(NamedTuple):
    """`name` is the message's in its mailbox, `email` that of its subject or its author."""

    read_at: datetime
    name: str
    meaning: str
    note: str
    email: str | None


class OpenWish(NamedTuple):
    """A message in which a reader, who is still mailed, asks in words to unsubscribe."""

    message_id: int
    read_at: datetime
    name: str
    email: str


def open_wishes(session: Session, limit: int) -> list[OpenWish]:
    """Returns the newest first, one for each reader; who has left since is not among them."""
    statement = (
        select(InboundMessageRow, Subscriber.email)
        .join(Subscriber, col(Subscriber.id) == col(InboundMessageRow.subscriber_id))
        .where(
            InboundMessageRow.meaning == Meaning.UNSUBSCRIBE_REQUEST,
            col(Subscriber.status).in_([SubscriberStatus.ACTIVE, SubscriberStatus.PENDING]),
            col(Subscriber.email).is_not(None),
        )
        .order_by(col(InboundMessageRow.id).desc())
        .limit(limit)
    )
    found: dict[str, OpenWish] = {}
    for one, email in session.exec(statement):
        if one.id is not None and email:
            found.setdefault(email, OpenWish(one.id, one.read_at, one.name, email))
    return list(found.values())


def find_wish(session: Session, message_id: int) -> int | None:
    """Returns the id of the reader who asks in this message to unsubscribe; None if nobody does."""
    return session.exec(
        select(InboundMessageRow.subscriber_id).where(
            InboundMessageRow.id == message_id,
            InboundMessageRow.meaning == Meaning.UNSUBSCRIBE_REQUEST,
        )
    ).one_or_none()


def inbound_messages(
    session: Session, limit: int, *, meanings: Sequence[str] = ()
) -> list[ListedMessage]:
    """Returns the newest first; only those with one of `meanings`, if any are given."""
    statement = (
        select(InboundMessageRow, Subscriber.email)
        .outerjoin(Subscriber, col(Subscriber.id) == col(InboundMessageRow.subscriber_id))
        .order_by(col(InboundMessageRow.id).desc())
        .limit(limit)
    )
    if meanings:
        statement = statement.where(col(InboundMessageRow.meaning).in_(meanings))
    return [
        ListedMessage(one.read_at, one.name, one.meaning, one.note, email)
        for one, email in session.exec(statement)
    ]
