"""The queue of transactional messages: enqueue, claim, settle, requeue.

    enqueue  in the transaction that causes the message, once by its key
    claim    for a worker, committed before the provider is called
    settle   what the provider answered, one message per transaction
    release  back into the queue, where the provider could not be used
    requeue  the messages of a dead worker are queued again

Unlike an issue, a message that was submitting when its worker died is sent again: for a
confirmation, two messages are better than none, and both have the same Message-ID.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, select, update
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

RELEASE_DELAY = timedelta(seconds=30)
"""How long messages wait where the provider can't be used, unless it names a time."""

GIVEN_UP = "held"
"""The code of a message that was not sent, since its store is a copy."""


@dataclass(frozen=True, slots=True)
class ClaimedMessage:
    """A message that a worker has claimed, and its recipient; `attempts` counts this one."""

    id: int
    public_id: int
    kind: TransactionalKind
    subscriber_id: int
    email: str
    context: Mapping[str, Any]
    attempts: int


def enqueue(
    session: Session,
    kind: TransactionalKind,
    subscriber_id: int,
    key: str,
    now: datetime,
    *,
    email: str | None = None,
    context: Mapping[str, Any] | None = None,
) -> bool:
    """Queue a message to a subscriber; False where one with this `key` was queued before.

    `email` is another address than the subscriber's own; `context` holds values for its template.
    """
    message = TransactionalMessage(
        key=f"{kind}:{subscriber_id}:{key}",
        kind=kind,
        subscriber_id=subscriber_id,
        email=email,
        context=dict(context or {}),
        not_before=now,
        created_at=now,
        changed_at=now,
    )
    values = message.model_dump(exclude={"id"})
    statement = (
        insert_new(session, TransactionalMessage)
        .values(**values)
        .returning(col(TransactionalMessage.id))
    )
    return session.connection().execute(statement).first() is not None


def is_due(session: Session, now: datetime) -> bool:
    """Return whether there is something to claim or to requeue; cheap, since an index answers."""
    found = session.execute(
        select(col(TransactionalMessage.id)).where(
            _is_open(), col(TransactionalMessage.not_before) <= now
        )
    )
    return found.first() is not None


def claim(
    session: Session,
    worker: int,
    is_blocked: Callable[[str], bool],
    now: datetime,
    limit: int = 50,
) -> list[ClaimedMessage]:
    """Claim the next messages that are due, oldest first; suppressed recipients are left out.

    `is_blocked` is called with an address that is not the subscriber's own (an address change).
    It returns whether the address is suppressed for any reason but unsubscribing.
    """
    rows = session.execute(
        select(TransactionalMessage, Subscriber)
        .join(Subscriber, col(Subscriber.id) == col(TransactionalMessage.subscriber_id))
        .where(
            col(TransactionalMessage.state) == TransactionalState.QUEUED,
            col(TransactionalMessage.not_before) <= now,
        )
        .order_by(col(TransactionalMessage.id))
        .limit(limit)
        .with_for_update(of=TransactionalMessage, skip_locked=True)
    ).all()
    claimed = []
    for message, person in rows:
        message.changed_at = now
        if _may_receive(session, message, person, is_blocked):
            message.state, message.claimed_by = TransactionalState.SUBMITTING, worker
            message.attempts += 1
            claimed.append(_claimed(message, person))
        else:
            message.state = TransactionalState.SUPPRESSED
    session.flush()
    return claimed


def settle(session: Session, message: ClaimedMessage, outcome: Outcome, now: datetime) -> None:
    """Write what the provider answered; an unknown outcome is retried, like a soft rejection."""
    if isinstance(outcome, Accepted):
        _set_state(
            session,
            [message.id],
            TransactionalState.SUBMITTED,
            now,
            provider_id=outcome.provider_id[:200],
        )
        return
    rejected = outcome if isinstance(outcome, Rejected) else None
    code = rejected.code[:20] if rejected else "unknown"
    retry_at = None
    if rejected is None or not rejected.permanent:
        after = rejected.retry_after if rejected else None
        retry_at = next_attempt_at(
            message.attempts, after, now, retry_jitter(message.id, message.attempts)
        )
    if retry_at is None:
        _set_state(session, [message.id], TransactionalState.FAILED, now, code=code)
        if rejected and rejected.about_address:
            _suppress_bounced(session, message, rejected, now)
    else:
        _set_state(
            session, [message.id], TransactionalState.QUEUED, now, code=code, not_before=retry_at
        )


def fail(session: Session, message: ClaimedMessage, code: str, now: datetime) -> None:
    """Fail a message that can't be rendered: our own fault, so retrying would not help."""
    _set_state(session, [message.id], TransactionalState.FAILED, now, code=code)


def release(
    session: Session, messages: Sequence[ClaimedMessage], now: datetime, retry_after: float | None
) -> None:
    """Queue messages again that were not submitted; the attempt does not count.

    `retry_after` is in seconds; None for the usual delay.
    """
    wait = RELEASE_DELAY if retry_after is None else timedelta(seconds=retry_after)
    session.execute(
        update(TransactionalMessage)
        .where(col(TransactionalMessage.id).in_([one.id for one in messages]))
        .values(
            state=TransactionalState.QUEUED,
            claimed_by=None,
            attempts=col(TransactionalMessage.attempts) - 1,
            not_before=now + wait,
            changed_at=now,
        )
    )


def give_up_open(session: Session, now: datetime) -> int:
    """Give up all messages that are not sent; returns how many.

    Of a store that is a copy: the one that it was copied from has most likely sent them.
    """
    result = cast(
        "CursorResult[Any]",
        session.execute(
            update(TransactionalMessage)
            .where(_is_open())
            .values(state=TransactionalState.FAILED, code=GIVEN_UP, claimed_by=None, changed_at=now)
            .execution_options(synchronize_session=False)
        ),
    )
    return int(result.rowcount)


def requeue_abandoned(session: Session, is_alive: Callable[[int], bool], now: datetime) -> int:
    """Queue the messages of dead workers again; returns how many."""
    held = session.execute(
        select(col(TransactionalMessage.id), col(TransactionalMessage.claimed_by))
        .where(col(TransactionalMessage.state) == TransactionalState.SUBMITTING)
        .with_for_update(skip_locked=True)
    ).all()
    dead = [int(row[0]) for row in held if row[1] is None or not is_alive(row[1])]
    if dead:
        _set_state(session, dead, TransactionalState.QUEUED, now, not_before=now)
    return len(dead)


def _is_open() -> Any:
    # Written as in the partial index, so that it is used.
    return (col(TransactionalMessage.state) == TransactionalState.QUEUED) | (
        col(TransactionalMessage.state) == TransactionalState.SUBMITTING
    )


def _set_state(
    session: Session,
    ids: Sequence[int],
    state: TransactionalState,
    now: datetime,
    **values: Any,
) -> None:
    session.execute(
        update(TransactionalMessage)
        .where(col(TransactionalMessage.id).in_(ids))
        .values(state=state, claimed_by=None, changed_at=now, **values)
    )


def _claimed(message: TransactionalMessage, person: Subscriber) -> ClaimedMessage:
    assert message.id is not None and person.id is not None  # noqa: S101, PT018 - from the database
    return ClaimedMessage(
        message.id,
        message.public_id,
        TransactionalKind(message.kind),
        person.id,
        message.email or person.email,
        message.context,
        message.attempts,
    )


def _may_receive(
    session: Session,
    message: TransactionalMessage,
    person: Subscriber,
    is_blocked: Callable[[str], bool],
) -> bool:
    """Return whether its reader may still get it; much may have changed since it was queued."""
    if message.email is not None and message.email != person.email and is_blocked(message.email):
        return False
    if message.kind in {TransactionalKind.CHANGE, TransactionalKind.CHANGED}:
        return person.status == SubscriberStatus.ACTIVE
    known = suppression.find_suppression(session, person.address_hash)
    if message.kind == TransactionalKind.DATA:
        # Whoever has left has a right to it as well; it goes to their own mailbox.
        return known is None or known.reason == SuppressionReason.UNSUBSCRIBED
    if message.kind == TransactionalKind.CONFIRMATION:
        # Signing up again undoes an unsubscription and an erasure, but no other suppression.
        is_suppressed = known is not None and known.reason not in suppression.REVERSIBLE
        return not is_suppressed and person.status in {
            SubscriberStatus.PENDING,
            SubscriberStatus.UNSUBSCRIBED,
        }
    return known is None and person.status == SubscriberStatus.ACTIVE


def _suppress_bounced(
    session: Session, message: ClaimedMessage, rejected: Rejected, now: datetime
) -> None:
    """Suppress an address that does not exist, so that it is not mailed a second time."""
    person = session.get(Subscriber, message.subscriber_id, with_for_update=True)
    if person is None or person.email != message.email:
        return
    suppression.suppress(
        session,
        person.address_hash,
        person.email,
        SuppressionReason.BOUNCED,
        now,
        note=f"letter: {rejected.code}",
    )
    if person.status in {SubscriberStatus.PENDING, SubscriberStatus.ACTIVE}:
        person.status, person.changed_at = SubscriberStatus.BOUNCED, now
    session.flush()
