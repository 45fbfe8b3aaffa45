"""The token bucket: never more than the rate allows, over any schedule of claims."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from digest.deliver.rate_limit.limits import Limit
from digest.deliver.rate_limit.token_bucket import (
    BURST_TOLERANCE,
    TokenBucket,
    available,
    available_from,
    consume,
    eta,
    refund,
)
from tests.parts.world import NOW

FRESH = TokenBucket(NOW, NOW.date(), 0)
MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC)

schedules = st.lists(st.tuples(st.floats(0, 3), st.integers(1, 500)), min_size=1, max_size=60)
"""Seconds until the next claim, and how many it would like."""


def run(limit: Limit, schedule: list[tuple[float, int]]) -> list[tuple[datetime, int]]:
    """What was consumed, and when."""
    bucket, now, consumed = FRESH, NOW, []
    for pause, wish in schedule:
        now += timedelta(seconds=pause)
        most = available(bucket, limit, now)
        amount = wish if most is None else min(wish, most)
        if amount:
            bucket = consume(bucket, limit, amount, now)
            consumed.append((now, amount))
    return consumed


@given(schedule=schedules, rate=st.floats(0.1, 400))
def test_in_any_stretch_of_time_no_more_goes_out_than_rate_and_a_seconds_worth(
    schedule: list[tuple[float, int]], rate: float
) -> None:
    consumed = run(Limit(rate), schedule)
    largest = max(1, int(rate))
    for first, (since, _) in enumerate(consumed):
        amount = 0
        for until, more in consumed[first:]:
            amount += more
            seconds = (until - since + BURST_TOLERANCE).total_seconds()
            # A microsecond a claim is what the clock can't tell apart.
            assert amount <= rate * (seconds + 1e-6 * len(consumed)) + largest + 1e-6


@given(schedule=schedules, per_day=st.integers(1, 2000))
def test_in_a_day_no_more_goes_out_than_its_limit(
    schedule: list[tuple[float, int]], per_day: int
) -> None:
    long = [(pause * 9_000, wish) for pause, wish in schedule]
    days: dict[object, int] = {}
    for at, amount in run(Limit(0, per_day), long):
        days[at.date()] = days.get(at.date(), 0) + amount
    assert all(amount <= per_day for amount in days.values())


@given(rate=st.floats(1, 1000), every=st.floats(0.01, 0.15))
def test_who_looks_now_and_then_still_gets_the_whole_rate(rate: float, every: float) -> None:
    """A provider asks again every 0.1 s: what goes by meanwhile is made up for."""
    size = max(1, int(rate / 20))
    bucket, limit, total = FRESH, Limit(rate), 0
    looks = int(20 / every)
    for look in range(looks):
        now = NOW + timedelta(seconds=look * every)
        while available(bucket, limit, now):
            bucket = consume(bucket, limit, size, now)
            total += size
    assert total >= rate * (looks - 1) * every - size


def test_an_hours_pause_is_not_followed_by_an_hours_burst() -> None:
    limit, later = Limit(10), NOW + timedelta(hours=1)
    bucket = consume(consume(FRESH, limit, 10, NOW), limit, 10, later)
    assert available(bucket, limit, later) == 0
    assert available_from(bucket, limit, later) == later + timedelta(seconds=1)


def test_a_refund_is_available_again_but_not_on_another_day() -> None:
    limit = Limit(10, 50)
    bucket = consume(FRESH, limit, 10, NOW)
    back = refund(bucket, limit, 10, NOW, NOW)
    assert (back.used, available(back, limit, NOW)) == (0, 10)
    tomorrow = NOW + timedelta(days=1)
    used = consume(bucket, limit, 10, tomorrow)
    assert refund(used, limit, 10, NOW, tomorrow).used == 10


def test_a_used_up_day_ends_at_midnight() -> None:
    limit = Limit(0, 50)
    bucket = consume(FRESH, limit, 50, NOW)
    assert available(bucket, limit, NOW) == 0
    assert available_from(bucket, limit, NOW) == MIDNIGHT
    assert available(bucket, limit, MIDNIGHT) == 50


def test_the_end_is_counted_through_day_by_day() -> None:
    half = consume(FRESH, Limit(0, 100), 50, NOW)
    assert eta(50, lambda _: Limit(0, 100), half, NOW) == NOW
    assert eta(51, lambda _: Limit(0, 100), half, NOW) == MIDNIGHT
    assert eta(251, lambda _: Limit(0, 100), half, NOW) == MIDNIGHT + timedelta(days=2)
    both = eta(160, lambda _: Limit(1, 100), half, NOW)
    assert both == MIDNIGHT + timedelta(days=1, seconds=10)
    assert eta(60, lambda _: Limit(2), FRESH, NOW) == NOW + timedelta(seconds=30)
    ramp = eta(350, lambda day: Limit(0, 100 if day == NOW.date() else 200), half, NOW)
    assert ramp == MIDNIGHT + timedelta(days=1)


@given(rate=st.floats(0.1, 400))
def test_a_bucket_that_a_wrong_clock_moved_holds_nothing_back(rate: float) -> None:
    """The clock was a day ahead, and was put right."""
    limit = Limit(rate)
    ahead = consume(FRESH, limit, max(1, int(rate)), NOW + timedelta(days=1))
    assert available_from(ahead, limit, NOW) == NOW
    assert available(ahead, limit, NOW) == max(1, int(rate))
    assert available(consume(ahead, limit, max(1, int(rate)), NOW), limit, NOW) == 0
