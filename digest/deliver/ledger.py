"""The ledger: who gets the issue, who has it, and what is not known.

The steps, each one transaction of the pipeline's:

    freeze   the audience becomes deliveries in batches, once
    claim    a batch becomes a worker's, suppressed people leave it, the rest are `submitting`
    settle   outcomes are written as they come
    close    the batch is done; what has no outcome is `uncertain`
    release  the batch goes back untouched, where the provider could not be used at all
    recover  a dead worker's batches are closed
    finish   only when the books balance

`submitting` is committed before the provider is called and the outcome after, so whatever dies
in between is `uncertain`: never lost, and never sent again by itself.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import (
    CursorResult,
    bindparam,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlmodel import Session, col

from digest.address import Recipient
from digest.deliver.provider import Outcome, Receipt, Refusal, Unknown
from digest.deliver.retry import next_try
from digest.deliver.tables import (
    OPEN_STATES,
    Attempt,
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
    move(session, number, IssueState.SENDING)
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


def settle(
    session: Session,
    held: Claim,
    outcomes: Sequence[Outcome],
    *,
    provider: str,
    batch_size: int,
    now: datetime,
) -> list[Refusal]:
    """Writes outcomes. Returns the refusals that say the address itself is at fault.

    An outcome for somebody who is not in the batch is a provider's fault and changes nothing.
    """
    members = {one.delivery_id for one in held.recipients}
    known = [one for one in outcomes if one.delivery_id in members]
    if len(known) < len(outcomes):
        log.error("%s answered for deliveries it was not given", provider)
    _move(session, DeliveryState.SUBMITTED, [one for one in known if isinstance(one, Receipt)], now)
    _move(session, DeliveryState.UNCERTAIN, [one for one in known if isinstance(one, Unknown)], now)
    refusals = [one for one in known if isinstance(one, Refusal)]
    for refusal in refusals:
        _refuse(session, held, refusal, batch_size, now)
    if known:
        session.execute(insert(Attempt), [_attempt(one, provider, now) for one in known])
    return [refusal for refusal in refusals if refusal.about_address]


def _move(
    session: Session, state: DeliveryState, outcomes: Sequence[Receipt | Unknown], now: datetime
) -> None:
    if not outcomes:
        return
    rows = [
        {
            "row": one.delivery_id,
            "given": one.provider_id if isinstance(one, Receipt) else None,
            "now": now,
        }
        for one in outcomes
    ]
    session.connection().execute(_by_id(state), rows)


def _by_id(state: DeliveryState) -> Any:
    """Out of `submitting`; a receipt settles what was held for uncertain meanwhile, too.

    An event that came first (delivered, bounced) is not undone.
    """
    table = Delivery.__table__  # type: ignore[attr-defined]
    before = table.c.state == DeliveryState.SUBMITTING.value
    if state is DeliveryState.SUBMITTED:
        before |= table.c.state == DeliveryState.UNCERTAIN.value
    return (
        update(table)
        .where(table.c.id == bindparam("row"), before)
        .values(state=state.value, provider_id=bindparam("given"), changed_at=bindparam("now"))
    )


def _refuse(
    session: Session, held: Claim, refusal: Refusal, batch_size: int, now: datetime
) -> None:
    """A permanent refusal fails; a transient one goes into a later batch while tries are left."""
    delivery = session.get_one(Delivery, refusal.delivery_id)
    session.refresh(delivery)
    if delivery.state != DeliveryState.SUBMITTING:
        return
    delivery.code = refusal.code[:20]
    delivery.changed_at = now
    again = None if refusal.permanent else next_try(delivery.attempts, refusal.retry_after, now)
    if again is None:
        delivery.state = DeliveryState.FAILED
    else:
        delivery.state = DeliveryState.QUEUED
        delivery.batch_position = _retry_batch(session, held.issue_number, again, batch_size)
    session.add(delivery)
    session.flush()


def _retry_batch(session: Session, number: int, not_before: datetime, batch_size: int) -> int:
    """A queued batch that waits for this minute and has room, made if there is none."""
    minute = not_before.replace(second=0, microsecond=0) + timedelta(minutes=1)
    # One worker at a time: two would make the same position, or overfill the same batch.
    session.execute(select(col(Issue.number)).where(col(Issue.number) == number).with_for_update())
    members = (
        select(func.count())
        .select_from(Delivery)
        .where(
            col(Delivery.issue_number) == number,
            col(Delivery.batch_position) == col(Batch.position),
        )
        .scalar_subquery()
    )
    known: int | None = session.scalars(
        select(col(Batch.position)).where(
            col(Batch.issue_number) == number,
            col(Batch.state) == BatchState.QUEUED,
            col(Batch.not_before) == minute,
            members < batch_size,
        )
    ).first()
    if known is not None:
        return known
    last = session.execute(
        select(func.max(col(Batch.position))).where(col(Batch.issue_number) == number)
    ).scalar_one()
    session.execute(
        insert(Batch).values(
            issue_number=number, position=last + 1, state=BatchState.QUEUED, not_before=minute
        )
    )
    return int(last) + 1


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


def _attempt(outcome: Outcome, provider: str, now: datetime) -> dict[str, Any]:
    kind = type(outcome).__name__.lower()
    code = outcome.code[:20] if isinstance(outcome, Refusal) else None
    detail = "" if isinstance(outcome, Receipt) else outcome.detail[:500]
    return {
        "delivery_id": outcome.delivery_id,
        "provider": provider,
        "outcome": kind,
        "code": code,
        "detail": detail,
        "at": now,
    }


def _batch(number: int, position: int) -> tuple[Any, ...]:
    return (col(Batch.issue_number) == number, col(Batch.position) == position)


def _members(number: int, position: int) -> tuple[Any, ...]:
    return (col(Delivery.issue_number) == number, col(Delivery.batch_position) == position)
