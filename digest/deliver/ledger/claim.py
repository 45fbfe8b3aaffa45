"""Claim queued batches for a worker: check suppression again, within the rate limits."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, Row, Select, Update, func, select, update
from sqlmodel import Session, col

from digest.deliver.instance import may_claim
from digest.deliver.ledger.batches import add_batch, at_positions, deliveries_at, due_batches
from digest.deliver.rate_limit.limiter import Allowance, RateLimiter
from digest.deliver.rate_limit.limits import ANY_DOMAIN
from digest.deliver.tables import Batch, BatchState, Delivery, DeliveryState
from digest.issues.tables import Issue, IssueState
from digest.message.personalization import Recipient
from store.rows import as_rows
from subscribers.mailable import mailable_conditions
from subscribers.tables import Subscriber


@dataclass(frozen=True, slots=True)
class Claim:
    """A batch that this worker holds, with the recipients that may be mailed."""

    issue_number: int
    position: int
    recipients: tuple[Recipient, ...]


def claim_batches(
    session: Session,
    number: int,
    worker: int,
    now: datetime,
    limit: int = 1,
    *,
    limiter: RateLimiter | None = None,
) -> list[Claim]:
    """Claim the next `limit` batches that are due, or fewer; none unless the issue is sending.

    Suppression is checked again here (invariant 4, docs/invariants.md).
    """
    # Locked, so that a pause or a cancellation that has returned is never followed by a claim;
    # shared where nothing but batches is claimed.
    state = session.execute(
        select(col(Issue.state))
        .where(col(Issue.number) == number)
        .with_for_update(read=not limiter, key_share=bool(limiter))
    ).scalar_one_or_none()
    if state != IssueState.SENDING or not may_claim(session):
        return []
    due = (
        select(col(Batch.position))
        .where(*due_batches(number, now))
        .order_by(col(Batch.position))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    if not limiter:
        return _claim(session, number, list(session.scalars(due)), worker, now)
    allowance = limiter.check(session, now)
    domains = _within(session, number, allowance, due)
    claims = _claim(session, number, list(domains), worker, now)
    messages: Counter[str] = Counter()
    for one in claims:
        messages[domains[one.position]] += len(one.recipients)
    limiter.consume(session, allowance, messages, now)
    return claims


def _within(
    session: Session, number: int, allowance: Allowance, due: Select[Any]
) -> dict[int, str]:
    """Return the positions of due batches that the limits allow, with their domains.

    A batch larger than what is left for a second or a day is split.
    """
    exhausted = allowance.exhausted
    if ANY_DOMAIN in exhausted:
        return {}
    rows = session.execute(
        due.add_columns(col(Batch.lane), _queued_in(number)).where(
            col(Batch.lane).not_in(exhausted)
        )
    ).all()
    domains: dict[int, str] = {}
    for position, domain, queued in rows:
        available = allowance.available(domain)
        messages = queued if available is None else min(queued, available)
        if queued and not messages:
            continue
        fits = messages == queued
        allowed = position if fits else _split(session, number, position, domain, messages)
        domains[allowed] = domain
        allowance.reserve(domain, messages)
    return domains


def _queued_in(number: int) -> Any:
    """Return the number of queued deliveries in the batch at hand, as a subquery."""
    return (
        select(func.count())
        .select_from(Delivery)
        .where(
            col(Delivery.issue_number) == number,
            col(Delivery.batch_position) == col(Batch.position),
            col(Delivery.state) == DeliveryState.QUEUED,
        )
        .scalar_subquery()
    )


def _split(session: Session, number: int, position: int, domain: str, messages: int) -> int:
    """Move `messages` deliveries of a batch into a new one; returns the new one's position."""
    new = add_batch(session, number, domain)
    chosen = (
        select(col(Delivery.id))
        .where(
            *deliveries_at(number, [position]),
            col(Delivery.state) == DeliveryState.QUEUED,
        )
        .order_by(col(Delivery.id))
        .limit(messages)
    )
    session.execute(update(Delivery).where(col(Delivery.id).in_(chosen)).values(batch_position=new))
    return new


def _claim(
    session: Session, number: int, positions: list[int], worker: int, now: datetime
) -> list[Claim]:
    if not positions:
        return []
    session.execute(
        update(Batch)
        .where(*at_positions(number, positions))
        .values(state=BatchState.SUBMITTING, claimed_by=worker, claimed_at=now)
    )
    take = _take_and_read if session.get_bind().dialect.name == "sqlite" else _take
    recipients: dict[int, list[Recipient]] = {position: [] for position in positions}
    for row in take(session, number, positions, now):
        recipients[row[0]].append(Recipient._make(row[1:]))
    return [Claim(number, position, tuple(recipients[position])) for position in positions]


_READ = (
    col(Delivery.batch_position),
    col(Delivery.id),
    col(Subscriber.public_id),
    col(Subscriber.link_epoch),
    col(Subscriber.legacy_number),
    col(Subscriber.email),
    col(Subscriber.first_name),
    col(Subscriber.tracking),
)
"""A recipient's batch, then the fields of Recipient."""


def _take(
    session: Session, number: int, positions: Sequence[int], now: datetime
) -> Sequence[Row[Any]]:
    """Mark who may be mailed now as submitting, all others of these batches as suppressed.

    Returns the former, by delivery. One statement decides, reads and writes, so that nobody is
    erased or suppressed in between.
    """
    rows = session.execute(
        _queued_at(number, positions)
        .where(col(Subscriber.id) == col(Delivery.subscriber_id), *mailable_conditions(now))
        .values(_submitting(now))
        .returning(*_READ)
    ).all()
    _mark_suppressed(session, number, positions, now)
    return sorted(rows, key=lambda row: int(row[1]))


def _take_and_read(
    session: Session, number: int, positions: Sequence[int], now: datetime
) -> Sequence[Row[Any]]:
    """Do the same on SQLite, which returns no columns of joined tables: nobody else writes."""
    rows = session.execute(
        select(*_READ)
        .join(Subscriber, col(Subscriber.id) == col(Delivery.subscriber_id))
        .where(
            *deliveries_at(number, positions),
            col(Delivery.state) == DeliveryState.QUEUED,
            *mailable_conditions(now),
        )
        .order_by(col(Delivery.id))
    ).all()
    started = cast(
        "CursorResult[Any]",
        session.execute(_queued_at(number, positions).values(_submitting(now))),
    )
    if started.rowcount > len(rows):
        known = as_rows(session, [(int(row[1]), None) for row in rows]).subquery()
        session.execute(
            update(Delivery)
            .where(
                *deliveries_at(number, positions),
                col(Delivery.state) == DeliveryState.SUBMITTING,
                col(Delivery.id).not_in(select(known.c.id)),
            )
            .values(state=DeliveryState.SUPPRESSED, attempts=col(Delivery.attempts) - 1)
            .execution_options(synchronize_session=False)
        )
    return rows


def _queued_at(number: int, positions: Sequence[int]) -> Update:
    """Return an UPDATE of the queued deliveries of these batches."""
    return (
        update(Delivery)
        .where(*deliveries_at(number, positions), col(Delivery.state) == DeliveryState.QUEUED)
        .execution_options(synchronize_session=False)
    )


def _submitting(now: datetime) -> dict[str, Any]:
    return {
        "state": DeliveryState.SUBMITTING,
        "attempts": col(Delivery.attempts) + 1,
        "changed_at": now,
    }


def _mark_suppressed(
    session: Session, number: int, positions: Sequence[int], now: datetime
) -> None:
    """Mark what was left queued in these just claimed batches as suppressed."""
    suppressed = _queued_at(number, positions)
    session.execute(suppressed.values(state=DeliveryState.SUPPRESSED, changed_at=now))
