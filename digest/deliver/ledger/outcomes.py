"""What a provider answered, written into the ledger: submitted, failed, again later, in doubt.

A receipt is written into its delivery and nowhere else; what went otherwise leaves an Attempt.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlmodel import Session, col

from digest.deliver.bounce_policy.apply import BounceRecord, apply_bounce_policy
from digest.deliver.bounce_policy.bounce_type import classify_rejection
from digest.deliver.providers.base import Accepted, Outcome, Rejected, Unknown
from digest.deliver.retry import next_attempt_at, retry_jitter
from digest.deliver.tables import Attempt, Batch, BatchState, Delivery, DeliveryState
from digest.issues.tables import Issue
from store.rows import Row, as_rows


def settle(
    session: Session,
    number: int,
    outcomes: Sequence[Outcome],
    *,
    provider: str,
    batch_size: int,
    now: datetime,
) -> set[datetime]:
    """Writes outcomes of deliveries of issue `number`; when batches made for it are due.

    Addresses are suppressed where `deliver.faults` says so.
    """
    # A receipt is its own row.
    receipts: list[Row] = [one for one in outcomes if isinstance(one, Accepted)]
    _move(session, DeliveryState.SUBMITTED, receipts, now)
    if len(receipts) == len(outcomes):
        return set()
    unknown = [(one.delivery_id, None) for one in outcomes if isinstance(one, Unknown)]
    _move(session, DeliveryState.UNCERTAIN, unknown, now)
    refusals = [one for one in outcomes if isinstance(one, Rejected)]
    due = _refuse(session, number, refusals, batch_size, now) if refusals else set()
    session.execute(
        insert(Attempt),
        [_attempt(one, provider, now) for one in outcomes if not isinstance(one, Accepted)],
    )
    return due


def _move(session: Session, state: DeliveryState, rows: Sequence[Row], now: datetime) -> None:
    """Out of `submitting`; a receipt settles what was held for uncertain meanwhile, too.

    An event that came first (delivered, bounced) is not undone.
    """
    if not rows:
        return
    known = as_rows(session, rows).subquery()
    before = [DeliveryState.SUBMITTING]
    if state is DeliveryState.SUBMITTED:
        before.append(DeliveryState.UNCERTAIN)
    session.execute(
        update(Delivery)
        .where(col(Delivery.id) == known.c.id, col(Delivery.state).in_(before))
        .values(state=state, provider_id=known.c.text, changed_at=now)
        .execution_options(synchronize_session=False)
    )


def _refuse(
    session: Session, number: int, refusals: Sequence[Rejected], batch_size: int, now: datetime
) -> set[datetime]:
    """A permanent refusal fails; a transient one goes into a later batch while tries are left."""
    tried = _tried(session, refusals)
    failed: list[Rejected] = []
    later: dict[tuple[str, datetime], list[Row]] = {}
    for refusal in refusals:
        if refusal.delivery_id not in tried:
            continue
        attempts, lane = tried[refusal.delivery_id]
        spread = retry_jitter(refusal.delivery_id, attempts)
        again = (
            None
            if refusal.permanent
            else next_attempt_at(attempts, refusal.retry_after, now, spread)
        )
        if again is None:
            failed.append(refusal)
        else:
            later.setdefault((lane, _minute_after(again)), []).append(_row(refusal))
    _fail(session, failed, now)
    if later:
        # One worker at a time: two would make the same position, or overfill the same batch.
        session.execute(
            select(col(Issue.number)).where(col(Issue.number) == number).with_for_update()
        )
    for (lane, minute), rows in later.items():
        waiting = list(rows)
        while waiting:
            position, room = _retry_batch(session, number, lane, minute, batch_size)
            _set(
                session,
                waiting[:room],
                now,
                state=DeliveryState.QUEUED,
                batch_position=position,
            )
            waiting = waiting[room:]
    return {minute for _, minute in later}


def _fail(session: Session, failed: Sequence[Rejected], now: datetime) -> None:
    _set(session, [_row(one) for one in failed], now, state=DeliveryState.FAILED)
    charges = [
        BounceRecord(
            one.delivery_id,
            classify_rejection(one.code, about_address=one.about_address),
            f"{one.code} {one.detail}",
            now,
        )
        for one in failed
    ]
    apply_bounce_policy(session, charges, now)


def _row(refusal: Rejected) -> Row:
    return (refusal.delivery_id, refusal.code[:20])


def _tried(session: Session, refusals: Sequence[Rejected]) -> dict[int, tuple[int, str]]:
    """Attempts made and the lane, of those deliveries that are still being submitted."""
    asked = as_rows(session, [(one.delivery_id, None) for one in refusals]).subquery()
    rows = session.execute(
        select(col(Delivery.id), col(Delivery.attempts), col(Batch.lane))
        .join(asked, asked.c.id == col(Delivery.id))
        .join(
            Batch,
            (col(Batch.issue_number) == col(Delivery.issue_number))
            & (col(Batch.position) == col(Delivery.batch_position)),
        )
        .where(col(Delivery.state) == DeliveryState.SUBMITTING)
    )
    return {int(row[0]): (int(row[1]), str(row[2])) for row in rows}


def _set(session: Session, rows: Sequence[Row], now: datetime, **values: Any) -> None:
    """`values` for the deliveries in `rows`, with the code beside each."""
    if not rows:
        return
    known = as_rows(session, rows).subquery()
    session.execute(
        update(Delivery)
        .where(col(Delivery.id) == known.c.id)
        .values(code=known.c.text, changed_at=now, **values)
        .execution_options(synchronize_session=False)
    )


def _minute_after(moment: datetime) -> datetime:
    """Retries that are due about the same time share a batch."""
    return moment.replace(second=0, microsecond=0) + timedelta(minutes=1)


def _retry_batch(
    session: Session, number: int, lane: str, minute: datetime, batch_size: int
) -> tuple[int, int]:
    """A queued batch that waits for this minute, and its room; made if there is none."""
    members = (
        select(func.count())
        .select_from(Delivery)
        .where(
            col(Delivery.issue_number) == number,
            col(Delivery.batch_position) == col(Batch.position),
        )
        .scalar_subquery()
    )
    known = session.execute(
        select(col(Batch.position), members).where(
            col(Batch.issue_number) == number,
            col(Batch.state) == BatchState.QUEUED,
            col(Batch.not_before) == minute,
            col(Batch.lane) == lane,
            members < batch_size,
        )
    ).first()
    if known is not None:
        return int(known[0]), batch_size - int(known[1])
    last = session.execute(
        select(func.max(col(Batch.position))).where(col(Batch.issue_number) == number)
    ).scalar_one()
    session.execute(
        insert(Batch).values(
            issue_number=number,
            position=last + 1,
            state=BatchState.QUEUED,
            lane=lane,
            not_before=minute,
        )
    )
    return int(last) + 1, batch_size


def _attempt(outcome: Rejected | Unknown, provider: str, now: datetime) -> dict[str, Any]:
    return {
        "delivery_id": outcome.delivery_id,
        "provider": provider,
        "outcome": "refusal" if isinstance(outcome, Rejected) else "unknown",
        "code": outcome.code[:20] if isinstance(outcome, Rejected) else None,
        "detail": outcome.detail[:500],
        "at": now,
    }
