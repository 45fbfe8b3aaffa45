"""Whose a link is: the row that the ids in a token name, and whether the link is void.

A void link only unsubscribes, whatever it was made for. Links of one reader become void together:
their epoch goes on, and every token holds the epoch that it was made in.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from subscribers.public_ids import EPOCHS, epoch_step
from subscribers.tables import FormerPublicId, LinkRevocation, Subscriber, SubscriberStatus
from subscribers.tokens import Purpose, TokenClaims, Tokens

MAX_WHO_LENGTH = 100
MAX_BECAUSE_LENGTH = 500


@dataclass(frozen=True, slots=True)
class LinkOwner:
    """The subscriber that a token names."""

    subscriber_id: int
    is_void: bool


def link_token(tokens: Tokens, purpose: Purpose, reader: Subscriber, issue: int = 0) -> str:
    """Makes a link's token for a reader; `issue` is the issue's public id, or a change's number."""
    return tokens.make(purpose, reader.public_id, issue, epoch=reader.link_epoch)


def find_link_owner(session: Session, claims: TokenClaims) -> LinkOwner | None:
    """Returns None for a preview's token, an erased person's, and one of another store."""
    if not claims.subscriber:
        return None
    named = (
        col(Subscriber.legacy_number) if claims.legacy else col(Subscriber.public_id)
    ) == claims.subscriber
    found = session.execute(
        select(col(Subscriber.id), col(Subscriber.link_epoch)).where(named)
    ).first()
    if found is not None:
        return LinkOwner(int(found[0]), is_void=found[1] != claims.epoch)
    former = (
        col(FormerPublicId.legacy_number) if claims.legacy else col(FormerPublicId.public_id)
    ) == claims.subscriber
    joined = session.execute(select(col(FormerPublicId.subscriber_id)).where(former)).first()
    return LinkOwner(int(joined[0]), is_void=True) if joined else None


def void_links(
    session: Session, subscriber_id: int, *, who: str, because: str, now: datetime
) -> bool:
    """Makes every link sent to one person so far void; False if there is nobody of that id."""
    person = session.get(Subscriber, subscriber_id, with_for_update=True)
    if person is None:
        return False
    start_epoch(person)
    person.changed_at = now
    session.add(_revocation(subscriber_id, who, because, now))
    session.flush()
    return True


def void_all_links(session: Session, *, who: str, because: str, now: datetime) -> int:
    """Makes every link sent so far void; returns how many people that is.

    Who is still to confirm keeps that one link: it does nothing but ask whether they want it.
    """
    people = col(Subscriber.status) != SubscriberStatus.PENDING
    result = session.execute(
        update(Subscriber)
        .where(people)
        .values(link_epoch=(col(Subscriber.link_epoch) + epoch_step()) % EPOCHS, changed_at=now)
        .execution_options(synchronize_session=False)
    )
    session.add(_revocation(None, who, because, now))
    session.flush()
    return int(result.rowcount)  # type: ignore[attr-defined]


def start_epoch(person: Subscriber) -> None:
    """Makes the person's links of before void."""
    person.link_epoch = (person.link_epoch + epoch_step()) % EPOCHS


def _revocation(subscriber_id: int | None, who: str, because: str, now: datetime) -> LinkRevocation:
    return LinkRevocation(
        subscriber_id=subscriber_id,
        who=" ".join(who.split())[:MAX_WHO_LENGTH],
        because=" ".join(because.split())[:MAX_BECAUSE_LENGTH],
        at=now,
    )
