"""The letters that are owed: written with what causes them, claimed, and settled.

    write    in the transaction that causes it, once by its key
    claim    a worker's, committed before the provider hears of it
    settle   what the provider said, one letter a transaction
    recover  a dead worker's letters are queued again

Unlike an issue, a letter that was in hand when its worker died is sent again: a reader who waits
for a confirmation is worse off without it than with two, and both have one Message-ID.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlmodel import Session, col

from digest.deliver.providers.base import Accepted, Outcome, Rejected
from digest.deliver.retry import next_attempt_at, retry_jitter
from digest.deliver.transactional.tables import (
    TransactionalKind,
    TransactionalMessage,
    TransactionalState,
)
from store.insertion import insert_new
from subscribers import suppression
from subscribers.tables import Subscriber, SubscriberStatus, SuppressionReason

RELEASED = timedelta(seconds=30)
"""How long letters wait where the provider can't be used, unless it names a time."""


@dataclass(frozen=True, slots=True)
class ClaimedMessage:
    """A letter in a worker's hand, and to whom it goes; `attempts` counts this try."""

    id: int
    kind: TransactionalKind
    subscriber_id: int
    email: str
    context: Mapping[str, Any]
    attempts: int


def write(
    session: Session,
    kind: TransactionalKind,
    subscriber_id: int,
    key: str,
    now: datetime,
    *,
    email: str | None = None,
    context: Mapping[str, Any] | None = None,
) -> bool:
    """Owes somebody a letter; False where one with this `key` was written before."""
    letter = TransactionalMessage(
        key=f"{kind}:{subscriber_id}:{key}",
        kind=kind,
        subscriber_id=subscriber_id,
        email=email,
        context=dict(context or {}),
        not_before=now,
        created_at=now,
        changed_at=now,
    )
    values = letter.model_dump(exclude={"id"})
    statement = (
        insert_new(session, TransactionalMessage)
        .values(**values)
        .returning(col(TransactionalMessage.id))
    )
    return session.connection().execute(statement).first() is not None


def is_due(session: Session, now: datetime) -> bool:
    """Whether there is something to claim or to recover: asked every second, of an index."""
    found = session.execute(
        select(col(TransactionalMessage.id)).where(
            _open(), col(TransactionalMessage.not_before) <= now
        )
    )
    return found.first() is not None


def claim(
    session: Session,
    worker: int,
    suppressed: Callable[[str], bool],
    now: datetime,
    most: int = 50,
) -> list[ClaimedMessage]:
    """The next letters that are due, oldest first; who is not to get theirs is left out.

    `suppressed` says of an address other than the subscriber's own whether it must not be mailed,
    for more than that its reader left.
    """
    rows = session.execute(
        select(TransactionalMessage, Subscriber)
        .join(Subscriber, col(Subscriber.id) == col(TransactionalMessage.subscriber_id))
        .where(
            col(TransactionalMessage.state) == TransactionalState.QUEUED,
            col(TransactionalMessage.not_before) <= now,
        )
        .order_by(col(TransactionalMessage.id))
        .limit(most)
        .with_for_update(of=TransactionalMessage, skip_locked=True)
    ).all()
    claimed = []
    for letter, person in rows:
        letter.changed_at = now
        if _may_have(session, letter, person, suppressed):
            letter.state, letter.claimed_by = TransactionalState.SUBMITTING, worker
            letter.attempts += 1
            claimed.append(_owed(letter, person))
        else:
            letter.state = TransactionalState.SUPPRESSED
    session.flush()
    return claimed


def settle(session: Session, owed: ClaimedMessage, outcome: Outcome, now: datetime) -> None:
    """What became of a letter. One whose outcome is unknown is tried again, like a refused one."""
    if isinstance(outcome, Accepted):
        _move(
            session,
            [owed.id],
            TransactionalState.SUBMITTED,
            now,
            provider_id=outcome.provider_id[:200],
        )
        return
    refusal = outcome if isinstance(outcome, Rejected) else None
    code = refusal.code[:20] if refusal else "unknown"
    again = None
    if refusal is None or not refusal.permanent:
        after = refusal.retry_after if refusal else None
        again = next_attempt_at(owed.attempts, after, now, retry_jitter(owed.id, owed.attempts))
    if again is None:
        _move(session, [owed.id], TransactionalState.FAILED, now, code=code)
        if refusal and refusal.about_address:
            _blame(session, owed, refusal, now)
    else:
        _move(session, [owed.id], TransactionalState.QUEUED, now, code=code, not_before=again)


def fail(session: Session, owed: ClaimedMessage, code: str, now: datetime) -> None:
    """It can't be written at all: a fault of ours that no waiting mends."""
    _move(session, [owed.id], TransactionalState.FAILED, now, code=code)


def release(
    session: Session, owed: Sequence[ClaimedMessage], now: datetime, retry_after: float | None
) -> None:
    """Hands letters back that were not submitted; the try does not count."""
    wait = RELEASED if retry_after is None else timedelta(seconds=retry_after)
    session.execute(
        update(TransactionalMessage)
        .where(col(TransactionalMessage.id).in_([one.id for one in owed]))
        .values(
            state=TransactionalState.QUEUED,
            claimed_by=None,
            attempts=col(TransactionalMessage.attempts) - 1,
            not_before=now + wait,
            changed_at=now,
        )
    )


def recover(session: Session, alive: Callable[[int], bool], now: datetime) -> int:
    """Queues again what dead workers held; how many letters that is."""
    held = session.execute(
        select(col(TransactionalMessage.id), col(TransactionalMessage.claimed_by))
        .where(col(TransactionalMessage.state) == TransactionalState.SUBMITTING)
        .with_for_update(skip_locked=True)
    ).all()
    dead = [int(row[0]) for row in held if row[1] is None or not alive(row[1])]
    if dead:
        _move(session, dead, TransactionalState.QUEUED, now, not_before=now)
    return len(dead)


def _open() -> Any:
    # In the words of the partial index.
    return (col(TransactionalMessage.state) == TransactionalState.QUEUED) | (
        col(TransactionalMessage.state) == TransactionalState.SUBMITTING
    )


def _move(
    session: Session,
    numbers: Sequence[int],
    state: TransactionalState,
    now: datetime,
    **values: Any,
) -> None:
    session.execute(
        update(TransactionalMessage)
        .where(col(TransactionalMessage.id).in_(numbers))
        .values(state=state, claimed_by=None, changed_at=now, **values)
    )


def _owed(letter: TransactionalMessage, person: Subscriber) -> ClaimedMessage:
    assert letter.id is not None and person.id is not None  # noqa: S101, PT018 - from the database
    return ClaimedMessage(
        letter.id,
        TransactionalKind(letter.kind),
        person.id,
        letter.email or person.email,
        letter.context,
        letter.attempts,
    )


def _may_have(
    session: Session,
    letter: TransactionalMessage,
    person: Subscriber,
    suppressed: Callable[[str], bool],
) -> bool:
    """Asked again as it is claimed: much may have happened since it was written."""
    if letter.email is not None and letter.email != person.email and suppressed(letter.email):
        return False
    if letter.kind in {TransactionalKind.CHANGE, TransactionalKind.CHANGED}:
        return person.status == SubscriberStatus.ACTIVE
    known = suppression.find_suppression(session, person.address_hash)
    if letter.kind == TransactionalKind.CONFIRMATION:
        # Who has left may ask to come back; the other reasons are not the reader's to undo.
        gone = known is not None and known.reason != SuppressionReason.UNSUBSCRIBED
        return not gone and person.status in {
            SubscriberStatus.PENDING,
            SubscriberStatus.UNSUBSCRIBED,
        }
    return known is None and person.status == SubscriberStatus.ACTIVE


def _blame(session: Session, owed: ClaimedMessage, refusal: Rejected, now: datetime) -> None:
    """An address that does not exist is not asked a second time."""
    person = session.get(Subscriber, owed.subscriber_id, with_for_update=True)
    if person is None or person.email != owed.email:
        return
    suppression.suppress(
        session,
        person.address_hash,
        person.email,
        SuppressionReason.BOUNCED,
        now,
        note=f"letter: {refusal.code}",
    )
    if person.status in {SubscriberStatus.PENDING, SubscriberStatus.ACTIVE}:
        person.status, person.changed_at = SubscriberStatus.BOUNCED, now
    session.flush()
