"""Rate limiter over all workers of one database: check, consume, refund.

Each limit of a provider is one token bucket, a row of the table `pace`, which is read and moved on
in the transaction that claims batches. Without limits there is no row and no statement.

Locks are taken in one order, the issue's before those of `pace`, so that no two workers wait for
each other.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from sqlalchemy import select, update
from sqlmodel import Session, col

from digest.deliver.rate_limit.limits import ANY_DOMAIN, Limit, Limits
from digest.deliver.rate_limit.token_bucket import TokenBucket, available, consume, refund
from digest.deliver.tables import TokenBucketRow
from store.insertion import insert_new


class Consumed(NamedTuple):
    """Messages to one domain that were consumed at `at`."""

    domain: str
    messages: int
    at: datetime


@dataclass(slots=True)
class Allowance:
    """What the limits allow at one moment, counted down while a claim is planned.

    `limits` and `buckets` are by domain, `buckets` as they were read.
    """

    limits: Mapping[str, Limit]
    buckets: Mapping[str, TokenBucket]
    now: datetime
    _planned: dict[str, TokenBucket] = field(init=False)

    def __post_init__(self) -> None:
        self._planned = dict(self.buckets)

    @property
    def exhausted(self) -> set[str]:
        """Return the domains to which nothing may go now, `ANY_DOMAIN` if nothing at all may."""
        return {domain for domain in self.limits if self._available(domain) == 0}

    def available(self, domain: str) -> int | None:
        """Return how many messages may still go to `domain`; None for any number."""
        amounts = [self._available(one) for one in self._applying(domain)]
        return min((one for one in amounts if one is not None), default=None)

    def reserve(self, domain: str, messages: int) -> None:
        """Count `messages` to `domain` as planned."""
        for one in self._applying(domain):
            self._planned[one] = consume(self._planned[one], self.limits[one], messages, self.now)

    def _applying(self, domain: str) -> list[str]:
        return [one for one in (ANY_DOMAIN, domain) if one in self.limits]

    def _available(self, domain: str) -> int | None:
        return available(self._planned[domain], self.limits[domain], self.now)


@dataclass(frozen=True, slots=True)
class RateLimiter:
    """The limits of one provider over all workers; falsy where it has none."""

    provider: str
    limits: Limits

    def __bool__(self) -> bool:
        return bool(self.limits)

    def limits_on(self, now: datetime) -> dict[str, Limit]:
        """Return the limits that hold on the day (UTC) of `now`, by domain."""
        return self.limits.on(now.astimezone(UTC).date()) if self else {}

    def check(self, session: Session, now: datetime) -> Allowance:
        """Return what may go now. Locks the buckets until the commit; consumes nothing."""
        limits = self.limits_on(now)
        return Allowance(limits, self._lock(session, limits, now), now)

    def consume(
        self, session: Session, allowance: Allowance, messages: Mapping[str, int], now: datetime
    ) -> None:
        """Count `messages` by domain, which were claimed within `allowance`."""
        amounts = Counter(messages)
        amounts[ANY_DOMAIN] = sum(messages.values())
        for domain, limit in allowance.limits.items():
            if amounts[domain]:
                bucket = consume(allowance.buckets[domain], limit, amounts[domain], now)
                self._write(session, domain, bucket)

    def refund(self, session: Session, unsent: Iterable[Consumed], now: datetime) -> None:
        """Give back to the limits what was claimed and never handed to the provider."""
        limits = self.limits_on(now)
        buckets = self._lock(session, limits, now)
        for one in unsent:
            for domain in {ANY_DOMAIN, one.domain} & set(limits):
                buckets[domain] = refund(buckets[domain], limits[domain], one.messages, one.at, now)
        for domain, bucket in buckets.items():
            self._write(session, domain, bucket)

    def buckets(
        self, session: Session, limits: Mapping[str, Limit], now: datetime
    ) -> dict[str, TokenBucket]:
        """Return the state of `limits` by domain, unlocked; full for one that was never used."""
        return _unused(limits, now) | self._stored(session, limits)

    def _lock(
        self, session: Session, limits: Mapping[str, Limit], now: datetime
    ) -> dict[str, TokenBucket]:
        """Return the buckets of `limits`, locked until the commit; missing ones are made."""

        def locked(rows: Any) -> Any:
            return rows.order_by(col(TokenBucketRow.lane)).with_for_update()

        buckets = self._stored(session, limits, locked)
        if len(buckets) < len(limits):
            self._create(session, _unused(limits, now))
            buckets = self._stored(session, limits, locked)
        return buckets

    def _stored(
        self,
        session: Session,
        limits: Mapping[str, Limit],
        how: Callable[[Any], Any] = lambda rows: rows,
    ) -> dict[str, TokenBucket]:
        rows = select(
            col(TokenBucketRow.lane),
            col(TokenBucketRow.free_at),
            col(TokenBucketRow.day),
            col(TokenBucketRow.used),
            col(TokenBucketRow.minute_at),
            col(TokenBucketRow.minute_used),
            col(TokenBucketRow.hour_at),
            col(TokenBucketRow.hour_used),
        ).where(col(TokenBucketRow.provider) == self.provider, col(TokenBucketRow.lane).in_(limits))
        return {domain: TokenBucket(*bucket) for domain, *bucket in session.execute(how(rows))}

    def _create(self, session: Session, buckets: Mapping[str, TokenBucket]) -> None:
        rows = [
            {"provider": self.provider, "lane": domain, **_values(buckets[domain])}
            for domain in sorted(buckets)
        ]
        session.execute(insert_new(session, TokenBucketRow), rows)

    def _write(self, session: Session, domain: str, bucket: TokenBucket) -> None:
        session.execute(
            update(TokenBucketRow)
            .where(
                col(TokenBucketRow.provider) == self.provider, col(TokenBucketRow.lane) == domain
            )
            .values(**_values(bucket))
        )


def _unused(limits: Mapping[str, Limit], now: datetime) -> dict[str, TokenBucket]:
    return dict.fromkeys(limits, TokenBucket(now, now.astimezone(UTC).date(), 0))


def _values(bucket: TokenBucket) -> dict[str, datetime | date | int | None]:
    return asdict(bucket)
