"""Unsubscribes by a link's token, and records it for the issue's report, in one transaction."""

from datetime import datetime

from sqlmodel import Session

from digest.events.tables import EventKind
from digest.events.writer import record_reader_event
from subscribers.addresses import AddressHasher
from subscribers.service import unsubscribe
from subscribers.tables import Subscriber
from subscribers.tokens import TokenClaims


def unsubscribe_by_token(
    session: Session,
    hasher: AddressHasher,
    claims: TokenClaims,
    now: datetime,
    *,
    how: str = "link",
) -> str | None:
    """Unsubscribes the token's reader and returns their address; idempotent.

    None if the token names nobody: a preview's link, or a reader erased since.
    """
    unsubscribe(session, hasher, claims.subscriber, _source(claims, how), now)
    # Read afterwards: `unsubscribe` locks the row, and a row read before would be stale.
    subscriber = session.get(Subscriber, claims.subscriber)
    if subscriber is None:
        return None
    record_reader_event(
        session,
        EventKind.UNSUBSCRIBED,
        name="unsubscribe",
        issue=claims.issue,
        subscriber=claims.subscriber,
        now=now,
    )
    return subscriber.email


def _source(claims: TokenClaims, how: str) -> str:
    return f"{how} in issue {claims.issue}" if claims.issue else how
