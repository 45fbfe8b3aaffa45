"""Limits a minute and an hour: no window that begins with a message holds more than they say."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.deliver.rate_limit.limits import Limit, parse_limit
from digest.deliver.rate_limit.token_bucket import (
    TokenBucket,
    available,
    available_from,
    consume,
    eta,
    refund,
)

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
UNUSED = TokenBucket(NOW - timedelta(days=1), NOW.date(), 0)


@pytest.mark.parametrize(
    ("text", "limit", "words"),
    [
        ("30/min", Limit(per_minute=30), "30 a minute"),
        ("500/hour", Limit(per_hour=500), "500 an hour"),
        (
            "2/s 30/min 500/hour 5000/day",
            Limit(2, 5000, 30, 500),
            "2 a second and 30 a minute and 500 an hour and 5,000 a day",
        ),
    ],
)
def test_limits_are_written_beside_each_other(text: str, limit: Limit, words: str) -> None:
    assert parse_limit(text) == limit
    assert str(limit) == words


@pytest.mark.parametrize("text", ["0/min", "1.5/hour", "30/min 30/min", "30/week"])
def test_what_is_no_limit_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="500/hour"):
        parse_limit(text)


@given(
    st.integers(1, 40),
    st.lists(st.integers(1, 90), max_size=60),
    st.sampled_from(["per_minute", "per_hour"]),
)
def test_no_more_go_in_a_window_than_the_limit(most: int, waits: list[int], unit: str) -> None:
    limit = Limit(**{unit: most})
    length = timedelta(minutes=1) if unit == "per_minute" else timedelta(hours=1)
    bucket, now, begun, sent = UNUSED, NOW, NOW, 0
    for seconds in waits:
        free = available(bucket, limit, now)
        assert free is not None
        if now >= begun + length:
            begun, sent = now, 0
        if free:
            bucket = consume(bucket, limit, free, now)
            sent += free
        assert sent <= most
        assert available_from(bucket, limit, now) > now
        now += timedelta(seconds=seconds)


def test_what_was_not_sent_is_available_again() -> None:
    limit = Limit(per_hour=10)
    bucket = consume(UNUSED, limit, 10, NOW)
    assert available(bucket, limit, NOW) == 0
    assert available_from(bucket, limit, NOW) == NOW + timedelta(hours=1)
    assert available(refund(bucket, limit, 4, NOW, NOW), limit, NOW) == 4


def test_the_first_second_keeps_to_its_limit_too() -> None:
    limit, bucket, sent = Limit(20), UNUSED, 0
    for place in range(10):
        now = NOW + timedelta(seconds=place / 10)
        free = available(bucket, limit, now) or 0
        bucket = consume(bucket, limit, free, now)
        sent += free
    assert sent == 20


def test_the_end_is_foreseen() -> None:
    limit = Limit(per_hour=500)
    assert eta(1_000, lambda _: limit, UNUSED, NOW) >= NOW + timedelta(hours=1)
