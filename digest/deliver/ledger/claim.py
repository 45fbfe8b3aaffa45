"""Claim queued batches for a worker: check suppression again, within the rate limits."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlmodel import Session, col

from digest.deliver.instance import may_claim
from digest.deliver.ledger.batches import add_batch, deliveries_at
from digest.deliver.ledger.state_counts import Move, count_moves
from digest.deliver.ledger.statements import (
    CLAIM,
    DUE,
    ISSUE_STATE,
    ISSUE_STATE_WITH_LIMITS,
    MAILABLE,
    SUBMITTING,
    SUBMITTING_MAILABLE,
    SUPPRESSED,
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
    if not positions:
        return []
    given = {"number": number, "positions": positions, "now": now}
    session.connection().execute(CLAIM, {**given, "worker": worker})
    take = _take_and_read if session.get_bind().dialect.name == "sqlite" else _take
    recipients: dict[int, list[Recipient]] = {position: [] for position in positions}
    for row in take(session, given):
        recipients[row[0]].append(Recipient._make(row[1:]))
    return [Claim(number, position, tuple(recipients[position])) for position in positions]


def _take(session: Session, given: Mapping[str, Any]) -> Sequence[Row[Any]]:
    """Mark who may be mailed now as submitting, all others of these batches as suppressed.

    Returns the former, by delivery. One statement decides, reads and writes, so that nobody is
    erased or suppressed in between.
    """
    connection = session.connection()
    rows = connection.execute(SUBMITTING_MAILABLE, given).all()
    suppressed = connection.execute(SUPPRESSED, given).rowcount
    _count(session, given["number"], len(rows), suppressed)
    return sorted(rows, key=itemgetter(1))


def _take_and_read(session: Session, given: Mapping[str, Any]) -> Sequence[Row[Any]]:
    """Do the same on SQLite, which returns no columns of joined tables: nobody else writes."""
    connection = session.connection()
    rows = connection.execute(MAILABLE, given).all()
    started = connection.execute(SUBMITTING, given)
    _count(session, given["number"], len(rows), started.rowcount - len(rows))
    if started.rowcount > len(rows):
        known = as_rows(session, [(int(row[1]), None) for row in rows]).subquery()
        session.execute(
            update(Delivery)
            .where(
                *deliveries_at(given["number"], given["positions"]),
                col(Delivery.state) == DeliveryState.SUBMITTING,
                col(Delivery.id).not_in(select(known.c.id)),
            )
            .values(state=DeliveryState.SUPPRESSED, attempts=col(Delivery.attempts) - 1)
            .execution_options(synchronize_session=False)
        )
    return rows


def _count(session: Session, number: int, submitting: int, suppressed: int) -> None:
    """Keep how many queued deliveries were claimed, and how many dropped out."""
    queued = DeliveryState.QUEUED
    moves = (
        Move(queued, DeliveryState.SUBMITTING, submitting),
        Move(queued, DeliveryState.SUPPRESSED, suppressed),
    )
    count_moves(session, number, moves)
