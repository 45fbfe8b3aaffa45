"""Unsubscribes by a link's token, and records it for the issue's report, in one transaction."""

from datetime import datetime

from sqlmodel import Session

from digest.events.tables import EventKind
from digest.events.writer import record_reader_event
from digest.readers.links import ReaderLink
from subscribers.addresses import AddressHasher
from subscribers.service import unsubscribe
from subscribers.tables import Subscriber


def unsubscribe_by_token(
    session: Session,
    hasher: AddressHasher,
    link: ReaderLink,
    now: datetime,
    *,
    how: str = "link",
) -> str | None:
    """Unsubscribes the token's reader and returns their address; idempotent.

    None if the token names nobody: a preview's link, or a reader erased since.
    """
    unsubscribe(session, hasher, link.subscriber_id, _source(link, how), now)
    # Read afterwards: `unsubscribe` locks the row, and a row read before would be stale.
    subscriber = session.get(Subscriber, link.subscriber_id)
    if subscriber is None:
        return None
    record_reader_event(
        session,
        EventKind.UNSUBSCRIBED,
        name="unsubscribe",
        issue=link.issue_number,
        subscriber=link.subscriber_id,
        now=now,
    )
    return subscriber.email


def _source(link: ReaderLink, how: str) -> str:
    return f"{how} in issue {link.issue_number}" if link.issue_number else how
