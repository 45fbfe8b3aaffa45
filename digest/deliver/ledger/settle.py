"""Write what a provider answered into the ledger: submitted, failed, retried later, uncertain.

An accepted message is written into its delivery and nowhere else; any other outcome also leaves an
Attempt.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, insert, select, update
from sqlmodel import Session, col

from digest.deliver.bounce_policy.apply import BounceRecord, apply_bounce_policy
from digest.deliver.bounce_policy.bounce_type import BounceType
from digest.deliver.ledger.batches import add_batch
from digest.deliver.ledger.conditions import joins_batch
from digest.deliver.ledger.finish import lock_issue
from digest.deliver.ledger.hold import is_held, queue_again
from digest.deliver.ledger.state_counts import Move, count_moves, move
from digest.deliver.ledger.statements import ACCEPTED, ACCEPTED_ONE
from digest.deliver.ledger.submitting import is_submitting
from digest.deliver.providers.base import Accepted, Outcome, Rejected, Unknown
from digest.deliver.retry import next_attempt_at, retry_jitter
from digest.deliver.tables import Attempt, Batch, BatchState, Delivery, DeliveryState
from store.index_lookups import prefer_index_lookups
from store.rows import Row, as_rows, texts_parameters
from store.times import sqlite_text


class Settled(NamedTuple):
    """When retry batches are due, and refusals to which no bounce policy was applied yet."""

    due: set[datetime]
    postponed: list[Rejected]


def settle(
    session: Session,
    number: int,
    outcomes: Sequence[Outcome],
    *,
    provider: str,
    batch_size: int,
    now: datetime,
    suspected: Collection[int] = (),
) -> Settled:
    """Write outcomes of deliveries of issue `number`.

    Addresses are suppressed where the bounce policy says so, but for the deliveries in `suspected`:
    their refusals may speak of us (see `circuit_breaker`), and the caller applies the policy later.
    What is refused while the issue is held is queued again.
    """
    prefer_index_lookups(session)
    # An Accepted is its own row.
    accepted: list[Row] = [one for one in outcomes if isinstance(one, Accepted)]
    _accept(session, number, accepted, now)
    if len(accepted) == len(outcomes):
        return Settled(set(), [])
    unknown = [(one.delivery_id, None) for one in outcomes if isinstance(one, Unknown)]
    _doubt(session, number, unknown, now)
    rejected = [one for one in outcomes if isinstance(one, Rejected)]
    settled = Settled(set(), [])
    if rejected and is_held(session, number):
        ids = [one.delivery_id for one in rejected]
        states = [DeliveryState.QUEUED]
        queue_again(session, number, ids, states, batch_size=batch_size, now=now)
    elif rejected:
        due, failed = _reject(session, number, rejected, batch_size, now)
        apply_policy(session, [one for one in failed if one.delivery_id not in suspected], now)
        settled = Settled(due, [one for one in failed if one.delivery_id in suspected])
    session.execute(
        insert(Attempt),
        [_attempt(one, number, provider, now) for one in outcomes if not isinstance(one, Accepted)],
    )
    return settled


def apply_policy(session: Session, refused: Sequence[Rejected], now: datetime) -> None:
    """Apply the bounce policy to deliveries that failed by these refusals."""
    records = [
        BounceRecord(one.delivery_id, _bounce_type(one), f"{one.code} {one.detail}", now)
        for one in refused
    ]
    apply_bounce_policy(session, records, now)


def _bounce_type(refused: Rejected) -> BounceType:
    found = refused.failure.bounce_type_at(refused.stage)
    # What is refused for now, however often, is no proof that the address is dead.
    return BounceType.SOFT if found is BounceType.HARD and not refused.permanent else found


def _accept(session: Session, number: int, rows: Sequence[Row], now: datetime) -> None:
    """Move deliveries that are being submitted, or are uncertain, to `submitted`.

    A state that an event set first (delivered, bounced) stays.
    """
    if not rows:
        return
    connection = session.connection()
    submitted, moves, left = DeliveryState.SUBMITTED, [], len(rows)
    for before in (DeliveryState.QUEUED, DeliveryState.UNCERTAIN):
        if left:
            moved = _accept_from(connection, before, rows, now)
            moves.append(Move(before, submitted, moved))
            left -= moved
    count_moves(session, number, moves)


def _accept_from(
    connection: Connection, before: DeliveryState, rows: Sequence[Row], now: datetime
) -> int:
    """Move those of `rows` that are in the state `before`; return how many."""
    if connection.dialect.name == "sqlite":
        at = sqlite_text(now)
        given = [(text, at, delivery) for delivery, text in rows]
        return connection.exec_driver_sql(ACCEPTED_ONE[before], given).rowcount
    values = {**texts_parameters(rows, sqlite=False), "now": now}
    return connection.execute(ACCEPTED[before], values).rowcount


def _doubt(session: Session, number: int, rows: Sequence[Row], now: datetime) -> None:
    """Make deliveries uncertain: nobody knows their outcome."""
    if not rows:
        return
    known = as_rows(session, rows).subquery()
    move(
        session,
        number,
        DeliveryState.QUEUED,
        DeliveryState.UNCERTAIN,
        update(Delivery).where(col(Delivery.id).in_(select(known.c.id)), is_submitting()),
        attempts=col(Delivery.attempts) + 1,
        provider_id=None,
        changed_at=now,
    )


def _reject(
    session: Session, number: int, rejected: Sequence[Rejected], batch_size: int, now: datetime
) -> tuple[set[datetime], list[Rejected]]:
    """Fail what is rejected for good; queue the rest for a retry while attempts are left.

    Returns when the retries are due, and what failed.
    """
    tried = _attempts_made(session, rejected)
    failed: list[Rejected] = []
    retries: dict[tuple[str, datetime], list[Row]] = {}
    for one in rejected:
        if one.delivery_id not in tried:
            continue
        attempts, domain = tried[one.delivery_id]
        retry_at = _retry_at(one, attempts, now)
        if retry_at is None:
            failed.append(one)
        else:
            retries.setdefault((domain, retry_at), []).append(_row(one))
    _leave(session, number, DeliveryState.FAILED, [_row(one) for one in failed], now)
    if retries:
        # One worker at a time: two would make the same position, or overfill the same batch.
        lock_issue(session, number)
    for (domain, minute), rows in retries.items():
        waiting = list(rows)
        while waiting:
            position, free = _retry_batch(session, number, domain, minute, batch_size)
            queued = waiting[:free]
            _leave(session, number, DeliveryState.QUEUED, queued, now, batch_position=position)
            waiting = waiting[free:]
    return {minute for _, minute in retries}, failed


def _retry_at(rejected: Rejected, attempts: int, now: datetime) -> datetime | None:
    """Return the minute in which to retry; None where the rejection is final."""
    if rejected.permanent:
        return None
    jitter = retry_jitter(rejected.delivery_id, attempts)
    moment = next_attempt_at(attempts, rejected.retry_after, now, jitter)
    return moment and _minute_after(moment)


def _minute_after(moment: datetime) -> datetime:
    """Round up to a minute, so that retries which are due about the same time share a batch."""
    return moment.replace(second=0, microsecond=0) + timedelta(minutes=1)


def _row(rejected: Rejected) -> Row:
    return (rejected.delivery_id, rejected.code[:20])


def _attempts_made(session: Session, rejected: Sequence[Rejected]) -> dict[int, tuple[int, str]]:
    """Return the tries, this one included, and the domain of those still being submitted."""
    asked = as_rows(session, [(one.delivery_id, None) for one in rejected]).subquery()
    rows = session.execute(
        select(col(Delivery.id), col(Delivery.attempts), col(Batch.lane))
        .join(asked, asked.c.id == col(Delivery.id))
        .join(Batch, joins_batch())
        .where(
            col(Delivery.state) == DeliveryState.QUEUED, col(Batch.state) == BatchState.SUBMITTING
        )
    )
    return {int(row[0]): (int(row[1]) + 1, str(row[2])) for row in rows}


def _leave(
    session: Session,
    number: int,
    state: DeliveryState,
    rows: Sequence[Row],
    now: datetime,
    **values: Any,
) -> None:
    """Move those of `rows` that are still being submitted to `state`, with the code beside each."""
    if not rows:
        return
    known = as_rows(session, rows).subquery()
    these = update(Delivery).where(col(Delivery.id) == known.c.id)
    values |= {"code": known.c.text, "attempts": col(Delivery.attempts) + 1, "changed_at": now}
    move(session, number, DeliveryState.QUEUED, state, these, **values)


def _retry_batch(
    session: Session, number: int, domain: str, minute: datetime, batch_size: int
) -> tuple[int, int]:
    """Find or add a queued batch due in that minute; returns its position and free places."""
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
            col(Batch.lane) == domain,
            members < batch_size,
        )
    ).first()
    if known is not None:
        return int(known[0]), batch_size - int(known[1])
    return add_batch(session, number, domain, minute), batch_size


def _attempt(
    outcome: Rejected | Unknown, number: int, provider: str, now: datetime
) -> dict[str, Any]:
    # The values of `outcome` are the database's, not the names of the classes.
    return {
        "delivery_id": outcome.delivery_id,
        "issue_number": number,
        "provider": provider,
        "outcome": "refusal" if isinstance(outcome, Rejected) else "unknown",
        "code": outcome.code[:20] if isinstance(outcome, Rejected) else None,
        "detail": outcome.detail[:500],
        "stage": outcome.stage if isinstance(outcome, Rejected) else None,
        "at": now,
    }
