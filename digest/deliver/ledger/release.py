"""End claims on batches: close them, or queue them again."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlmodel import Session, col

from digest.deliver.ledger.conditions import at_positions, joins_batch
from digest.deliver.ledger.state_counts import Move, count_moves
from digest.deliver.ledger.statements import DONE, UNCERTAIN
from digest.deliver.rate_limit.limiter import Consumed, RateLimiter
from digest.deliver.tables import Batch, BatchState, Delivery, DeliveryState


def close_batches(session: Session, number: int, positions: Sequence[int], now: datetime) -> int:
    """Mark batches as done and what has no outcome as uncertain; returns how many deliveries."""
    given = {"number": number, "positions": list(positions), "now": now}
    connection = session.connection()
    uncertain = connection.execute(UNCERTAIN, given).rowcount
    connection.execute(DONE, given)
    moved = Move(DeliveryState.QUEUED, DeliveryState.UNCERTAIN, uncertain)
    count_moves(session, number, [moved])
    return int(uncertain)


def release_batches(
    session: Session,
    number: int,
    positions: Sequence[int],
    now: datetime,
    not_before: datetime | None = None,
    *,
    limiter: RateLimiter | None = None,
) -> None:
    """Queue batches again: their deliveries without outcome were not submitted."""
    if limiter:
        limiter.refund(session, _unsent(session, number, positions, now), now)
    session.execute(
        update(Batch)
        .where(*at_positions(number, positions))
        .values(state=BatchState.QUEUED, claimed_by=None, claimed_at=None, not_before=not_before)
    )


def _unsent(
    session: Session, number: int, positions: Sequence[int], now: datetime
) -> list[Consumed]:
    """Return what the rate limiter counted for deliveries that are still being submitted."""
    rows = session.execute(
        select(col(Batch.lane), func.count(), col(Batch.claimed_at))
        .join(Delivery, joins_batch())
        .where(*at_positions(number, positions), col(Delivery.state) == DeliveryState.QUEUED)
        .group_by(col(Batch.lane), col(Batch.claimed_at))
    )
    return [Consumed(domain, messages, at or now) for domain, messages, at in rows]
