"""The ledger: who gets the issue, who has it, and what is not known.

The steps, each one transaction of the pipeline's:

    freeze   the audience becomes deliveries in batches, once
    claim    batches become a worker's, suppressed people leave them, the rest are `submitting`
    settle   outcomes are written as they come (`deliver.outcomes`)
    close    batches are done; what has no outcome is `uncertain`
    release  batches go back untouched, where the provider could not be used
    recover  a dead worker's batches are closed
    finish   only when the books balance

`submitting` is committed before the provider is called and the outcome after, so whatever dies
in between is `uncertain`: never lost, and never sent again by itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    CursorResult,
    func,
    select,
    update,
)
from sqlmodel import Session, col

from digest.deliver.audience.partition import NO_LANES, deal
from digest.deliver.rate_limit.limiter import Pacing, allow, hand_back, use
from digest.deliver.tables import (
    OPEN_STATES,
    Batch,
    BatchState,
    Delivery,
    DeliveryState,
)
from digest.issues.lifecycle import IssueError, find_issue, transition
from digest.issues.tables import Issue, IssueState
from digest.message.personalization import Recipient
from store.rows import as_rows
from subscribers.mailable import mailable_conditions
from subscribers.tables import Subscriber

STARTABLE = frozenset({IssueState.APPROVED, IssueState.SCHEDULED})


@dataclass(frozen=True, slots=True)
class Claim:
    """A batch that this worker holds, with the recipients that may be mailed."""

    issue_number: int
    position: int
    recipients: tuple[Recipient, ...]


def freeze(
    session: Session,
    number: int,
    batch_size: int,
    now: datetime,
    lanes: Mapping[str, int] = NO_LANES,
) -> int:
    """Makes the issue's deliveries out of the list as it stands; returns how many.

    The issue goes from approved or scheduled to sending in the same transaction, so it happens
    once. Few statements whatever the size of the list. `lanes` are batch sizes of the domains
    that get batches of their own. Raises IssueError for an empty list.
    """
    transition(session, number, IssueState.SENDING, only_from=STARTABLE)
    if not deal(session, number, batch_size, lanes, now):
        msg = f"nobody to send issue {number} to: the list has no active subscriber who wants it"
        raise IssueError(msg)
    frozen: int = session.execute(
        select(func.count()).select_from(Delivery).where(col(Delivery.issue_number) == number)
    ).scalar_one()
    session.execute(update(Issue).where(col(Issue.number) == number).values(audience=frozen))
    return frozen


def due(number: int, now: datetime) -> tuple[Any, ...]:
    """Conditions on the issue's batches that wait for nothing but a worker."""
    return (
        col(Batch.issue_number) == number,
        col(Batch.state) == BatchState.QUEUED,
        col(Batch.not_before).is_(None) | (col(Batch.not_before) <= now),
    )


def claim(
    session: Session,
    number: int,
    worker: int,
    now: datetime,
    most: int = 1,
    *,
    pacing: Pacing | None = None,
) -> list[Claim]:
    """The next queued batches that are due, `most` at most. Suppression is looked at again here."""
    # Locked, so that a pause or a cancellation that has returned is never followed by a claim;
    # shared where nothing but batches is claimed.
    state = session.execute(
        select(col(Issue.state))
        .where(col(Issue.number) == number)
        .with_for_update(read=not pacing, key_share=bool(pacing))
    ).scalar_one_or_none()
    if state != IssueState.SENDING:
        return []
    waiting = (
        select(col(Batch.position))
        .where(*due(number, now))
        .order_by(col(Batch.position))
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    if not pacing:
        return _take(session, number, list(session.scalars(waiting)), worker, now)
    allowed = allow(session, pacing, number, waiting, now)
    claims = _take(session, number, allowed.positions, worker, now)
    taken = {one.position: len(one.recipients) for one in claims}
    use(session, pacing, allowed, taken, now)
    return claims


def _take(
    session: Session, number: int, positions: list[int], worker: int, now: datetime
) -> list[Claim]:
    if not positions:
        return []
    session.execute(
        update(Batch)
        .where(*_batches(number, positions))
        .values(state=BatchState.SUBMITTING, claimed_by=worker, claimed_at=now)
    )
    people = _mailable(session, number, positions, now)
    started = _submitting(session, number, positions, now)
    if started > sum(map(len, people.values())):
        _suppress(session, number, positions, [one for batch in people.values() for one in batch])
    return [Claim(number, position, tuple(people[position])) for position in positions]


def _mailable(
    session: Session, number: int, positions: Sequence[int], now: datetime
) -> dict[int, list[Recipient]]:
    """Who of these batches may be mailed now, by position.

    Their deliveries are locked, so that nobody is erased between this and what follows.
    """
    rows = session.execute(
        select(
            col(Delivery.batch_position),
            col(Delivery.id),
            col(Subscriber.id),
            col(Subscriber.email),
            col(Subscriber.first_name),
            col(Subscriber.tracking),
        )
        .join(Subscriber, col(Subscriber.id) == col(Delivery.subscriber_id))
        .where(
            *_members(number, positions),
            col(Delivery.state) == DeliveryState.QUEUED,
            *mailable_conditions(now),
        )
        .order_by(col(Delivery.id))
        .with_for_update(of=Delivery, key_share=True)
    )
    people: dict[int, list[Recipient]] = {position: [] for position in positions}
    for position, *recipient in rows:
        people[position].append(Recipient._make(recipient))
    return people


def _submitting(session: Session, number: int, positions: Sequence[int], now: datetime) -> int:
    result = cast(
        "CursorResult[Any]",
        session.execute(
            update(Delivery)
            .where(*_members(number, positions), col(Delivery.state) == DeliveryState.QUEUED)
            .values(
                state=DeliveryState.SUBMITTING,
                attempts=col(Delivery.attempts) + 1,
                changed_at=now,
            )
        ),
    )
    return int(result.rowcount)


def _suppress(
    session: Session, number: int, positions: Sequence[int], mailed: Sequence[Recipient]
) -> None:
    """Takes out of these batches, which nobody has seen yet, who is not to be mailed."""
    kept = as_rows(session, [(one.delivery_id, None) for one in mailed]).subquery()
    session.execute(
        update(Delivery)
        .where(
            *_members(number, positions),
            col(Delivery.state) == DeliveryState.SUBMITTING,
            col(Delivery.id).not_in(select(kept.c.id)),
        )
        .values(state=DeliveryState.SUPPRESSED, attempts=col(Delivery.attempts) - 1)
        .execution_options(synchronize_session=False)
    )


def close(session: Session, number: int, positions: Sequence[int], now: datetime) -> int:
    """The batches are done; deliveries without an outcome are uncertain. Returns how many."""
    left = cast(
        "CursorResult[Any]",
        session.execute(
            update(Delivery)
            .where(*_members(number, positions), col(Delivery.state) == DeliveryState.SUBMITTING)
            .values(state=DeliveryState.UNCERTAIN, changed_at=now)
        ),
    )
    session.execute(
        update(Batch)
        .where(*_batches(number, positions))
        .values(state=BatchState.DONE, claimed_by=None, claimed_at=None, done_at=now)
    )
    return int(left.rowcount)


def release(
    session: Session,
    number: int,
    positions: Sequence[int],
    now: datetime,
    not_before: datetime | None = None,
    *,
    pacing: Pacing | None = None,
) -> None:
    """Hands batches back: what has no outcome was not submitted, and the try does not count."""
    if pacing:
        hand_back(session, pacing, number, positions, now)
    session.execute(
        update(Delivery)
        .where(*_members(number, positions), col(Delivery.state) == DeliveryState.SUBMITTING)
        .values(state=DeliveryState.QUEUED, attempts=col(Delivery.attempts) - 1, changed_at=now)
    )
    session.execute(
        update(Batch)
        .where(*_batches(number, positions))
        .values(state=BatchState.QUEUED, claimed_by=None, claimed_at=None, not_before=not_before)
    )


def recover(session: Session, number: int, alive: Callable[[int], bool], now: datetime) -> int:
    """Closes the batches of workers that are gone. Returns how many deliveries are uncertain."""
    held = session.execute(
        select(col(Batch.position), col(Batch.claimed_by))
        .where(col(Batch.issue_number) == number, col(Batch.state) == BatchState.SUBMITTING)
        .with_for_update(skip_locked=True)
    ).all()
    dead = [position for position, worker in held if worker is None or not alive(worker)]
    return close(session, number, dead, now) if dead else 0


def finish(session: Session, number: int, now: datetime) -> bool:
    """Finishes the issue if the books balance, in one transaction; False if work is left."""
    issue = find_issue(session, number)
    if issue.state != IssueState.SENDING:
        return False
    if _is_open(session, number):
        return False
    # Held from here on, so that nobody is queued again between the count and the end. Looked at
    # once more where that had been waited for.
    if lock(session, number) != IssueState.SENDING or _is_open(session, number):
        return False
    counts = count(session, number)
    if any(counts[state] for state in OPEN_STATES):
        return False
    if sum(counts.values()) != issue.audience:
        msg = (
            f"the books of issue {number} don't balance: audience {issue.audience}, "
            f"deliveries {sum(counts.values())}; it stays in sending"
        )
        raise IssueError(msg)
    transition(session, number, IssueState.FINISHED, finished_at=now)
    return True


def lock(session: Session, number: int) -> IssueState | None:
    """Locks the issue until the commit; its state as it is now, whatever was read before."""
    state = session.execute(
        select(col(Issue.state)).where(col(Issue.number) == number).with_for_update()
    ).scalar_one_or_none()
    return None if state is None else IssueState(state)


def _is_open(session: Session, number: int) -> bool:
    """Whether a batch waits or is under way."""
    found = session.execute(
        select(col(Batch.position))
        .where(col(Batch.issue_number) == number, col(Batch.state) != BatchState.DONE)
        .limit(1)
    ).first()
    return found is not None


def count(session: Session, number: int) -> dict[str, int]:
    """Deliveries of the issue by state, every state named."""
    rows = session.execute(
        select(col(Delivery.state), func.count())
        .where(col(Delivery.issue_number) == number)
        .group_by(col(Delivery.state))
    )
    return dict.fromkeys(map(str, DeliveryState), 0) | {str(one[0]): int(one[1]) for one in rows}


def _batches(number: int, positions: Sequence[int]) -> tuple[Any, ...]:
    return (col(Batch.issue_number) == number, col(Batch.position).in_(positions))


def _members(number: int, positions: Sequence[int]) -> tuple[Any, ...]:
    return (col(Delivery.issue_number) == number, col(Delivery.batch_position).in_(positions))
