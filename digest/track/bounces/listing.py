"""Lists what the bounce mailbox held: what came, what it meant, what was not understood."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session, col, select

from digest.track.bounces.parse import Meaning
from digest.track.bounces.tables import InboundMessageRow
from subscribers.tables import Subscriber

UNDECIDED = (Meaning.UNSUBSCRIBE_REQUEST, Meaning.NOT_UNDERSTOOD)
"""What waits for an editor."""


class ListedMessage(NamedTuple):
    """`name` is the message's in its mailbox, `email` that of its subject or its author."""

    read_at: datetime
    name: str
    meaning: str
    note: str
    email: str | None


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
