"""What one limit allows at a moment: values only (the generic cell rate algorithm, per batch).

A meter is free from `free_at` on, and what is taken moves that by as many seconds as it is worth.
Nobody therefore holds a batch while it waits. A second's worth may go at once; what was not used
is saved up for `SLACK` and no longer, so that a pause of an hour is not followed by an hour's
burst, and looking at the meter only every 0.1 s doesn't cost a tenth of the rate.
Source: ITU-T I.371, annex A (virtual scheduling).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from digest.deliver.rate_limit.limits import Limit

SLACK = timedelta(seconds=0.2)
MOST_AHEAD = timedelta(minutes=1)
"""Beyond that a meter was moved by a clock that was wrong, and would hold everything back until
then. Clocks of several machines differ by less."""
LONGEST_OUTLOOK = 3_660
"""Days."""


@dataclass(frozen=True, slots=True)
class Meter:
    """How far one limit is used up: free from `free_at`, and `used` of what `day` allows."""

    free_at: datetime
    day: date
    used: int

    def used_on(self, day: date) -> int:
        return self.used if self.day == day else 0


def _free_at(meter: Meter, limit: Limit, now: datetime) -> datetime:
    """When it is free; now, where that is further ahead than anybody could have taken."""
    assert limit.per_second  # noqa: S101 - asked of those only
    furthest = MOST_AHEAD + timedelta(seconds=1 / limit.per_second)
    return meter.free_at if meter.free_at <= now + furthest else now


def room(meter: Meter, limit: Limit, now: datetime) -> int | None:
    """How many messages may be taken now at once; None for any number."""
    if limit.per_second and _free_at(meter, limit, now) > now:
        return 0
    left = None if limit.per_day is None else max(0, limit.per_day - meter.used_on(_day(now)))
    if not limit.per_second:
        return left
    second = max(1, int(limit.per_second))
    return second if left is None else min(second, left)


def take(meter: Meter, limit: Limit, messages: int, now: datetime) -> Meter:
    """The meter after `messages` were taken."""
    free_at = meter.free_at
    if limit.per_second and messages:
        free_at = max(_free_at(meter, limit, now), now - SLACK) + timedelta(
            seconds=messages / limit.per_second
        )
    return Meter(free_at, _day(now), meter.used_on(_day(now)) + messages)


def give_back(
    meter: Meter, limit: Limit, messages: int, taken_at: datetime, now: datetime
) -> Meter:
    """The meter after `messages` that were taken, of this day or another, came back untouched."""
    free_at, used = meter.free_at, meter.used_on(_day(now))
    if limit.per_second:
        back = free_at - timedelta(seconds=messages / limit.per_second)
        free_at = max(back, min(free_at, now))
    if _day(taken_at) == _day(now):
        used = max(0, used - messages)
    return replace(meter, free_at=free_at, day=_day(now), used=used)


def free_from(meter: Meter, limit: Limit, now: datetime) -> datetime:
    """When one more message may be taken: now, in a moment, or with the next day."""
    soonest = max(now, _free_at(meter, limit, now)) if limit.per_second else now
    if limit.per_day is not None and meter.used_on(_day(now)) >= limit.per_day:
        soonest = max(soonest, next_day(now))
    return soonest


def all_out(
    people: int, limit_on: Callable[[date], Limit | None], meter: Meter, now: datetime
) -> datetime:
    """When the last of `people` may be taken if every one is as soon as may be.

    Day by day, since a ramp allows more each day; after `LONGEST_OUTLOOK` of them it is never.
    """
    left, moment = people, now.astimezone(UTC)
    for _ in range(LONGEST_OUTLOOK):
        limit = limit_on(moment.date())
        if not limit:
            return moment
        start = free_from(meter, limit, moment)
        today = _room_until_midnight(limit, meter, start) if start < next_day(moment) else 0
        if today is None or left <= today:
            seconds = left / limit.per_second if limit.per_second else 0
            return start + timedelta(seconds=seconds)
        left -= today
        moment = next_day(moment)
    return moment


def _room_until_midnight(limit: Limit, meter: Meter, start: datetime) -> int | None:
    rooms = []
    if limit.per_day is not None:
        rooms.append(limit.per_day - meter.used_on(_day(start)))
    if limit.per_second:
        rooms.append(int((next_day(start) - start).total_seconds() * limit.per_second))
    return min(rooms, default=None)


def next_day(now: datetime) -> datetime:
    """When the day of limits ends: at midnight in UTC."""
    return datetime.combine(_day(now) + timedelta(days=1), time(), UTC)


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()
