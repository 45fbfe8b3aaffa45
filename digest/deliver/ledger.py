"""The ledger: who gets the issue, who has it, and what is not known.

The steps, each one transaction of the pipeline's:

    freeze   the audience becomes deliveries in batches, once
    claim    a batch becomes a worker's, suppressed people leave it, the rest are `submitting`
    settle   outcomes are written as they come (`deliver.outcomes`)
    close    the batch is done; what has no outcome is `uncertain`
    release  the batch goes back untouched, where the provider could not be used at all
    recover  a dead worker's batches are closed
    finish   only when the books balance

`submitting` is committed before the provider is called and the outcome after, so whatever dies
in between is `uncertain`: never lost, and never sent again by itself.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    CursorResult,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlmodel import Session, col

from digest.address import Recipient
from digest.deliver.tables import (
    OPEN_STATES,
    Batch,
    BatchState,
    Delivery,
    DeliveryState,
)
from digest.issues.lifecycle import IssueError, find_issue, move
from digest.issues.tables import Issue, IssueState
from subscribers.audience import audience, mailable
from subscribers.tables import Subscriber

log = logging.getLogger(__name__)


STARTABLE = frozenset({IssueState.APPROVED, IssueState.SCHEDULED})


@dataclass(frozen=True, slots=True)
class Claim:
    """A batch that this worker holds, with the recipients that may be mailed."""

    issue_number: int
    position: int
    recipients: tuple[Recipient, ...]


def freeze(session: Session, number: int, batch_size: int, now: datetime) -> int:
    """Makes the issue's deliveries out of the list as it stands; returns how many.

    The issue goes from approved or scheduled to sending in the same transaction, so it happens
    once. Two statements whatever the size of the list. Raises IssueError for an empty list.
    """
    move(session, number, IssueState.SENDING, only_from=STARTABLE)
    people = audience().subquery()
    size = session.execute(select(func.count()).select_from(people)).scalar_one()
    if not size:
        msg = f"nobody to send issue {number} to: the list has no active subscriber"
        raise IssueError(msg)
    session.execute(
        insert(Batch),
        [
            {"issue_number": number, "position": position, "state": BatchState.QUEUED}
            for position in range((size + batch_size - 1) // batch_size)
        ],
    )
    place = func.row_number().over(order_by=people.c.id) - 1
    # Who joins between the count and this statement waits for the next issue.
    rows = (
        select(
            literal(number),
            place // batch_size,
            people.c.id,
            literal(DeliveryState.QUEUED.value),
            literal(0),
            literal(now, type_=Delivery.__table__.c.changed_at.type),  # type: ignore[attr-defined]
        )
        .select_from(people)
        .order_by(people.c.id)
        .limit(size)
    )
    columns = ["issue_number", "batch_position", "subscriber_id", "state", "attempts", "changed_at"]
    session.execute(insert(Delivery).from_select(columns, rows))
    frozen: int = session.execute(
        select(func.count()).select_from(Delivery).where(col(Delivery.issue_number) == number)
    ).scalar_one()
    session.execute(update(Issue).where(col(Issue.number) == number).values(audience=frozen))
    return frozen


def claim(session: Session, number: int, worker: int, now: datetime) -> Claim | None:
    """The next queued batch that is due, or None. Suppression is looked at again here."""
    # Shared, so that a pause or a cancellation that has returned is never followed by a claim.
    state = session.execute(
        select(col(Issue.state)).where(col(Issue.number) == number).with_for_update(read=True)
    ).scalar_one_or_none()
    if state != IssueState.SENDING:
        return None
    position = session.execute(
        select(col(Batch.position))
        .where(
            col(Batch.issue_number) == number,
            col(Batch.state) == BatchState.QUEUED,
            col(Batch.not_before).is_(None) | (col(Batch.not_before) <= now),
        )
        .order_by(col(Batch.position))
        .limit(1)
        .with_for_update(skip_locked=True)
    ).scalar_one_or_none()
    if position is None:
        return None
    session.execute(
        update(Batch)
        .where(*_batch(number, position))
        .values(state=BatchState.SUBMITTING, claimed_by=worker, claimed_at=now)
    )
    queued = (*_members(number, position), col(Delivery.state) == DeliveryState.QUEUED)
    session.execute(
        update(Delivery)
        .where(*queued, ~exists(mailable(col(Delivery.subscriber_id))))
        .values(state=DeliveryState.SUPPRESSED, changed_at=now)
    )
    session.execute(
        update(Delivery)
        .where(*queued)
        .values(state=DeliveryState.SUBMITTING, attempts=col(Delivery.attempts) + 1, changed_at=now)
    )
    # Somebody erased between the two statements: nothing was submitted, so nothing is in doubt.
    session.execute(
        update(Delivery)
        .where(
            *_members(number, position),
            col(Delivery.state) == DeliveryState.SUBMITTING,
            col(Delivery.subscriber_id).is_(None),
        )
        .values(state=DeliveryState.SUPPRESSED, changed_at=now)
    )
    return Claim(number, position, _recipients(session, number, position))


def _recipients(session: Session, number: int, position: int) -> tuple[Recipient, ...]:
    rows = session.execute(
        select(
            col(Delivery.id),
            col(Subscriber.id),
            col(Subscriber.email),
            col(Subscriber.first_name),
            col(Subscriber.tracking),
        )
        .join(Subscriber, col(Subscriber.id) == col(Delivery.subscriber_id))
        .where(*_members(number, position), col(Delivery.state) == DeliveryState.SUBMITTING)
        .order_by(col(Delivery.id))
    )
    return tuple(Recipient(*row) for row in rows)


def close(session: Session, number: int, position: int, now: datetime) -> int:
    """The batch is done; deliveries without an outcome are uncertain. Returns how many."""
    left = cast(
        "CursorResult[Any]",
        session.execute(
            update(Delivery)
            .where(*_members(number, position), col(Delivery.state) == DeliveryState.SUBMITTING)
            .values(state=DeliveryState.UNCERTAIN, changed_at=now)
        ),
    )
    session.execute(
        update(Batch)
        .where(*_batch(number, position))
        .values(state=BatchState.DONE, claimed_by=None, claimed_at=None, done_at=now)
    )
    return int(left.rowcount)


def release(session: Session, held: Claim, now: datetime) -> None:
    """Hands the batch back: nothing of it was submitted, and the try does not count."""
    number, position = held.issue_number, held.position
    session.execute(
        update(Delivery)
        .where(*_members(number, position), col(Delivery.state) == DeliveryState.SUBMITTING)
        .values(state=DeliveryState.QUEUED, attempts=col(Delivery.attempts) - 1, changed_at=now)
    )
    session.execute(
        update(Batch)
        .where(*_batch(number, position))
        .values(state=BatchState.QUEUED, claimed_by=None, claimed_at=None)
    )


def recover(session: Session, number: int, alive: Callable[[int], bool], now: datetime) -> int:
    """Closes the batches of workers that are gone. Returns how many deliveries are uncertain."""
    held = session.execute(
        select(col(Batch.position), col(Batch.claimed_by))
        .where(col(Batch.issue_number) == number, col(Batch.state) == BatchState.SUBMITTING)
        .with_for_update(skip_locked=True)
    ).all()
    return sum(
        close(session, number, position, now)
        for position, worker in held
        if worker is None or not alive(worker)
    )


def finish(session: Session, number: int, now: datetime) -> bool:
    """Finishes the issue if the books balance, in one transaction; False if work is left."""
    issue = find_issue(session, number)
    if issue.state != IssueState.SENDING:
        return False
    open_batches = session.execute(
        select(func.count())
        .select_from(Batch)
        .where(col(Batch.issue_number) == number, col(Batch.state) != BatchState.DONE)
    ).scalar_one()
    counts = count(session, number)
    if open_batches or any(counts[state] for state in OPEN_STATES):
        return False
    if sum(counts.values()) != issue.audience:
        msg = (
            f"the books of issue {number} don't balance: audience {issue.audience}, "
            f"deliveries {sum(counts.values())}; it stays in sending"
        )
        raise IssueError(msg)
    move(session, number, IssueState.FINISHED, finished_at=now)
    return True


def next_due(session: Session, number: int) -> datetime | None:
    """When the earliest waiting batch may be tried, if any waits."""
    return session.execute(
        select(func.min(col(Batch.not_before))).where(
            col(Batch.issue_number) == number, col(Batch.state) == BatchState.QUEUED
        )
    ).scalar_one_or_none()


def count(session: Session, number: int) -> dict[str, int]:
    """Deliveries of the issue by state, every state named."""
    rows = session.execute(
        select(col(Delivery.state), func.count())
        .where(col(Delivery.issue_number) == number)
        .group_by(col(Delivery.state))
    )
    return dict.fromkeys(map(str, DeliveryState), 0) | {str(one[0]): int(one[1]) for one in rows}


def _batch(number: int, position: int) -> tuple[Any, ...]:
    return (col(Batch.issue_number) == number, col(Batch.position) == position)


def _members(number: int, position: int) -> tuple[Any, ...]:
    return (col(Delivery.issue_number) == number, col(Delivery.batch_position) == position)
