"""Claim queued batches for a worker: check suppression again, within the rate limits."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, func, select, update
from sqlmodel import Session, col

from digest.deliver.instance import may_claim
from digest.deliver.ledger.batches import add_batch
from digest.deliver.ledger.conditions import deliveries_at
from digest.deliver.ledger.state_counts import move
from digest.deliver.ledger.statements import (
    CLAIM,
    DUE,
    ISSUE_STATE,
    ISSUE_STATE_WITH_LIMITS,
    RECIPIENTS,
)
from digest.deliver.rate_limit.limiter import Allowance, RateLimiter
from digest.deliver.rate_limit.limits import ANY_DOMAIN
from digest.deliver.tables import Batch, Delivery, DeliveryState
from digest.issues.tables import IssueState
from digest.message.personalization import Recipient
from store.rows import as_rows


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
    connection = session.connection()
    lock = ISSUE_STATE_WITH_LIMITS if limiter else ISSUE_STATE
    state = connection.execute(lock, {"number": number}).scalar_one_or_none()
    if state != IssueState.SENDING or not may_claim(session):
        return []
    given = {"number": number, "now": now, "most": limit}
    if not limiter:
        due = connection.execute(DUE, given).scalars().all()
        return _claim(session, number, list(due), worker, now)
    allowance = limiter.check(session, now)
    domains = _within(session, number, allowance, given)
    claims = _claim(session, number, list(domains), worker, now)
    messages: Counter[str] = Counter()
    for one in claims:
        messages[domains[one.position]] += len(one.recipients)
    limiter.consume(session, allowance, messages, now)
    return claims


def _within(
    session: Session, number: int, allowance: Allowance, given: Mapping[str, Any]
) -> dict[int, str]:
    """Return the positions of due batches that the limits allow, with their domains.

    A batch larger than what is left for a second or a day is split.
    """
    exhausted = allowance.exhausted
    if ANY_DOMAIN in exhausted:
        return {}
    rows = session.execute(
        DUE.add_columns(col(Batch.lane), _queued_in(number)).where(
            col(Batch.lane).not_in(exhausted)
        ),
        given,
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
    """Hold these batches: their queued deliveries are being submitted from the commit on."""
    if not positions:
        return []
    connection = session.connection()
    given = {"number": number, "positions": positions, "now": now}
    connection.execute(CLAIM, {**given, "worker": worker})
    recipients: dict[int, list[Recipient]] = {position: [] for position in positions}
    unmailable: list[int] = []
    for row in _rows(connection.execute(RECIPIENTS, given)):
        if row[-1]:
            recipients[row[0]].append(Recipient._make(row[1:-1]))
        else:
            unmailable.append(row[1])
    _suppress(session, number, unmailable, now)
    return [Claim(number, position, tuple(recipients[position])) for position in positions]


def _rows(result: CursorResult[Any]) -> list[tuple[Any, ...]]:
    """Return the rows as the driver has them: SQLAlchemy's take as long again as reading them."""
    with closing(result):
        return cast("list[tuple[Any, ...]]", result.cursor.fetchall())


def _suppress(session: Session, number: int, deliveries: Sequence[int], now: datetime) -> None:
    if not deliveries:
        return
    asked = as_rows(session, [(one, None) for one in deliveries]).subquery()
    these = update(Delivery).where(col(Delivery.id).in_(select(asked.c.id)))
    queued, suppressed = DeliveryState.QUEUED, DeliveryState.SUPPRESSED
    move(session, number, queued, suppressed, these, changed_at=now)
