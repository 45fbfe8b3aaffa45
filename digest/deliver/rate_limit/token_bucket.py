"""Compute what one limit allows at a moment, from values alone.

A token bucket kept as one timestamp (the generic cell rate algorithm, applied per batch). A bucket
is free from `free_at` on; each message that is consumed moves `free_at` on by 1 / rate seconds, so
nobody holds a batch while it waits. One second's worth may go at once. Unused time is saved up for
`BURST_TOLERANCE` and no longer: a pause of an hour is not followed by an hour's burst, and a worker
that looks only every 0.1 s still gets the whole rate.
Source: ITU-T I.371, annex A (virtual scheduling).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from digest.deliver.rate_limit.limits import Limit

BURST_TOLERANCE = timedelta(seconds=0.2)
MAX_CLOCK_SKEW = timedelta(minutes=1)
"""A bucket further ahead than this was moved by a wrong clock, and is ignored. Clocks of several
machines differ by less."""
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MAX_ETA_DAYS = 3_660


@dataclass(frozen=True, slots=True)
class TokenBucket:
    """The state of one limit: free from `free_at`, and `used` messages of what `day` allows."""

    free_at: datetime
    day: date
    used: int
    minute_at: datetime | None = None
    minute_used: int = 0
    hour_at: datetime | None = None
    hour_used: int = 0

    def used_on(self, day: date) -> int:
        return self.used if self.day == day else 0


def _free_at(bucket: TokenBucket, limit: Limit, now: datetime) -> datetime:
    """Return when the bucket is free; `now` where a wrong clock has moved it too far ahead."""
    assert limit.per_second  # noqa: S101 - called for such limits only
    furthest = MAX_CLOCK_SKEW + timedelta(seconds=1 / limit.per_second)
    return bucket.free_at if bucket.free_at <= now + furthest else now


def available(bucket: TokenBucket, limit: Limit, now: datetime) -> int | None:
    """Return how many messages may be consumed at once now; None for any number."""
    if limit.per_second and _free_at(bucket, limit, now) > now:
        return 0
    counted = [] if limit.per_day is None else [limit.per_day - bucket.used_on(_day(now))]
    counted += [window.most - window.used for window in _windows(bucket, limit, now)]
    left = max(0, min(counted)) if counted else None
    if not limit.per_second:
        return left
    second = max(1, int(limit.per_second))
    return second if left is None else min(second, left)


def consume(bucket: TokenBucket, limit: Limit, messages: int, now: datetime) -> TokenBucket:
    """Return the bucket after `messages` were consumed."""
    free_at = bucket.free_at
    if limit.per_second and messages:
        free = _free_at(bucket, limit, now)
        # A bucket that was not in use has saved up nothing: its first second keeps to the limit.
        start = free if free >= now - BURST_TOLERANCE else now
        free_at = start + timedelta(seconds=messages / limit.per_second)
    used = TokenBucket(free_at, _day(now), bucket.used_on(_day(now)) + messages)
    return _count(used, bucket, limit, messages, now)


def refund(
    bucket: TokenBucket, limit: Limit, messages: int, consumed_at: datetime, now: datetime
) -> TokenBucket:
    """Return the bucket after `messages`, consumed at `consumed_at`, were not sent after all."""
    free_at, used = bucket.free_at, bucket.used_on(_day(now))
    if limit.per_second:
        back = free_at - timedelta(seconds=messages / limit.per_second)
        free_at = max(back, min(free_at, now))
    if _day(consumed_at) == _day(now):
        used = max(0, used - messages)
    windows: dict[str, Any] = {}
    for window in _windows(bucket, limit, now):
        if window.began is not None and consumed_at >= window.began:
            windows[f"{window.name}_used"] = max(0, window.used - messages)
    return replace(bucket, free_at=free_at, day=_day(now), used=used, **windows)


def available_from(bucket: TokenBucket, limit: Limit, now: datetime) -> datetime:
    """Return when one more message may be consumed: now, in a moment, or on the next day."""
    soonest = max(now, _free_at(bucket, limit, now)) if limit.per_second else now
    if limit.per_day is not None and bucket.used_on(_day(now)) >= limit.per_day:
        soonest = max(soonest, next_day(now))
    for window in _windows(bucket, limit, now):
        if window.used >= window.most and window.began is not None:
            soonest = max(soonest, window.began + window.length)
    return soonest


class _Window(NamedTuple):
    """One limit of a minute or an hour: `used` of `most` since it `began` (None: not in use)."""

    name: str
    length: timedelta
    most: int
    began: datetime | None
    used: int


def _windows(bucket: TokenBucket, limit: Limit, now: datetime) -> list[_Window]:
    """Return the state of the limits a minute and an hour; one that has passed is unused."""
    windows = []
    for name, length, most, began, used in (
        ("minute", MINUTE, limit.per_minute, bucket.minute_at, bucket.minute_used),
        ("hour", HOUR, limit.per_hour, bucket.hour_at, bucket.hour_used),
    ):
        if most is None:
            continue
        # One that begins in the future was begun by a wrong clock.
        is_open = began is not None and began <= now + MAX_CLOCK_SKEW and now < began + length
        windows.append(_Window(name, length, most, began if is_open else None, used * is_open))
    return windows


def _count(
    used: TokenBucket, before: TokenBucket, limit: Limit, messages: int, now: datetime
) -> TokenBucket:
    """Return `used` with `messages` counted in the windows of `before`."""
    changes: dict[str, Any] = {}
    for window in _windows(before, limit, now):
        changes[f"{window.name}_at"] = window.began or now
        changes[f"{window.name}_used"] = window.used + messages
    return replace(used, **changes)


def _slowest_rate(limit: Limit) -> float:
    """Return the messages a second that all limits but the day's allow in the long run; 0: any."""
    rates = [limit.per_second] if limit.per_second else []
    rates += [limit.per_minute / MINUTE.total_seconds()] if limit.per_minute else []
    rates += [limit.per_hour / HOUR.total_seconds()] if limit.per_hour else []
    return min(rates, default=0.0)


def eta(
    messages: int, limit_on: Callable[[date], Limit | None], bucket: TokenBucket, now: datetime
) -> datetime:
    """Return the earliest moment by which `messages` can all be consumed.

    Counted day by day, since a warm-up allows more each day, for at most `MAX_ETA_DAYS`.
    `limit_on` returns the limit of a day; None where there is none.
    """
    left, moment = messages, now.astimezone(UTC)
    for _ in range(MAX_ETA_DAYS):
        limit = limit_on(moment.date())
        if not limit:
            return moment
        start = available_from(bucket, limit, moment)
        today = _available_until_midnight(limit, bucket, start) if start < next_day(moment) else 0
        if today is None or left <= today:
            rate = _slowest_rate(limit)
            seconds = left / rate if rate else 0
            return start + timedelta(seconds=seconds)
        left -= today
        moment = next_day(moment)
    return moment


def _available_until_midnight(limit: Limit, bucket: TokenBucket, start: datetime) -> int | None:
    """Return how many messages may go from `start` to the end of its day; None for any number."""
    amounts = []
    if limit.per_day is not None:
        amounts.append(limit.per_day - bucket.used_on(_day(start)))
    if rate := _slowest_rate(limit):
        amounts.append(int((next_day(start) - start).total_seconds() * rate))
    return min(amounts, default=None)


def next_day(now: datetime) -> datetime:
    """Return when the day of limits ends: the next midnight in UTC."""
    return datetime.combine(_day(now) + timedelta(days=1), time(), UTC)


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()
