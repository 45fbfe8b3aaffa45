"""Say what an issue's sending waits for: its rate limits and its retries, with times and reasons.

Only reads. Without limits the one question to the database is when the next retry is due.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from sqlalchemy import exists, func, select
from sqlmodel import Session, col

from digest.deliver.ledger.conditions import due_batches
from digest.deliver.rate_limit.limiter import RateLimiter
from digest.deliver.rate_limit.limits import ANY_DOMAIN, Limit
from digest.deliver.rate_limit.token_bucket import TokenBucket, available_from, eta, next_day
from digest.deliver.tables import Batch, BatchState, Delivery, DeliveryState
from digest.issues.tables import Issue, IssueState


@dataclass(frozen=True, slots=True)
class ThrottleStatus:
    """Nothing that is due may be claimed before `until`; `reason` is a sentence for people."""

    until: datetime
    reason: str


def throttle_status(
    session: Session, limiter: RateLimiter, number: int, now: datetime
) -> ThrottleStatus | None:
    """Return what the rate limits hold back; None where a batch may go, or none is due."""
    limits = limiter.limits_on(now)
    domains = _domains_due(session, number, limits, now) if limits else []
    if not domains:
        return None
    buckets = limiter.buckets(session, limits, now)
    statuses = [_status_of(domain, limits, buckets, now) for domain in domains]
    soonest = min(statuses, key=lambda one: one.until)
    return soonest if soonest.until > now else None


def next_due(
    session: Session, number: int, throttled: ThrottleStatus | None, now: datetime
) -> datetime | None:
    """Return when there is work again: the limits clear, or a retry is due (or has become so)."""
    later = _waiting(number, now) if throttled else _waiting(number)
    retry: datetime | None = session.execute(
        select(func.min(col(Batch.not_before))).where(*later)
    ).scalar_one_or_none()
    if throttled is None:
        return retry
    return min(retry, throttled.until) if retry else throttled.until


def earliest_finish(
    session: Session, limiter: RateLimiter, number: int, now: datetime
) -> datetime | None:
    """Return the moment before which limits and retries can't be through, however fast it goes.

    None where nothing but the provider's speed decides. Mail of other issues is not foreseen.
    """
    last = session.execute(
        select(func.max(col(Batch.not_before))).where(*_waiting(number, now))
    ).scalar_one_or_none()
    limits = limiter.limits_on(now)
    if not limits:
        return last
    buckets = limiter.buckets(session, limits, now)
    ends = [] if last is None else [last]
    for domain, messages in _queued_messages(session, number, limits).items():
        if messages:
            limit_on = partial(_limit_on, limiter, domain)
            ends.append(eta(messages, limit_on, buckets[domain], now))
    return max(ends, default=None)


def _limit_on(limiter: RateLimiter, domain: str, day: date) -> Limit | None:
    return limiter.limits.on(day).get(domain)


def _domains_due(
    session: Session, number: int, limits: Mapping[str, Limit], now: datetime
) -> list[str]:
    """Return the limited domains with a batch that is due, `ANY_DOMAIN` for all the others.

    Batches of a domain that has no limit any more count among the others.
    """
    named = [domain for domain in limits if domain != ANY_DOMAIN]
    waiting = (
        select(col(Batch.position))
        .join(Issue, col(Issue.number) == col(Batch.issue_number))
        .where(*due_batches(number, now), col(Issue.state) == IssueState.SENDING)
    )
    found = session.execute(
        select(
            exists(waiting.where(col(Batch.lane).not_in(named))),
            *[exists(waiting.where(col(Batch.lane) == domain)) for domain in named],
        )
    ).one()
    return [domain for domain, is_due in zip([ANY_DOMAIN, *named], found, strict=True) if is_due]


def _status_of(
    domain: str, limits: Mapping[str, Limit], buckets: Mapping[str, TokenBucket], now: datetime
) -> ThrottleStatus:
    """Return what mail to `domain` waits for: its own limit, or that on all mail."""
    statuses = [
        ThrottleStatus(
            available_from(buckets[one], limits[one], now),
            _reason(one, limits[one], buckets[one], now),
        )
        for one in (ANY_DOMAIN, domain)
        if one in limits
    ]
    return max(statuses, key=lambda one: one.until, default=ThrottleStatus(now, ""))


def _reason(domain: str, limit: Limit, bucket: TokenBucket, now: datetime) -> str:
    to = f" to {domain}" if domain != ANY_DOMAIN else ""
    if limit.per_day is not None and available_from(bucket, limit, now) >= next_day(now):
        return f"the day's limit of {limit.per_day:,}{to} is reached"
    rates = [
        f"{most:,g} {each}"
        for most, each in (
            (limit.per_second, "a second"),
            (limit.per_minute, "a minute"),
            (limit.per_hour, "an hour"),
        )
        if most
    ]
    return f"no more than {' and '.join(rates)}{to}"


def _waiting(number: int, now: datetime | None = None) -> tuple[Any, ...]:
    """Return conditions on batches that wait for a time: a later one than `now`, or any."""
    return (
        col(Batch.issue_number) == number,
        col(Batch.state) == BatchState.QUEUED,
        col(Batch.not_before).is_not(None) if now is None else col(Batch.not_before) > now,
    )


def _queued_messages(session: Session, number: int, limits: Mapping[str, Limit]) -> dict[str, int]:
    """Return how many queued messages each limit applies to."""
    rows = session.execute(
        select(col(Batch.lane), func.count())
        .join(
            Delivery,
            (col(Delivery.issue_number) == col(Batch.issue_number))
            & (col(Delivery.batch_position) == col(Batch.position)),
        )
        .where(
            col(Batch.issue_number) == number,
            col(Batch.state) == BatchState.QUEUED,
            col(Delivery.state) == DeliveryState.QUEUED,
        )
        .group_by(col(Batch.lane))
    ).all()
    queued = dict.fromkeys(limits, 0)
    for domain, messages in rows:
        for one in {ANY_DOMAIN, str(domain)} & set(limits):
            queued[one] += int(messages)
    return queued
