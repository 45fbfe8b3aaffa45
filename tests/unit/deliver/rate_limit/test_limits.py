"""Limits as they are written in settings, and what a warm-up allows on a day."""

from datetime import date

import pytest

from digest.deliver.rate_limit.limits import (
    ANY_DOMAIN,
    Limit,
    Limits,
    WarmUp,
    parse_domain_limits,
    parse_limit,
    parse_warm_up,
)

START = date(2026, 12, 1)


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("", Limit()),
        ("0", Limit()),
        ("20", Limit(20)),
        ("0.5", Limit(0.5)),
        ("20/s", Limit(20)),
        ("5000/day", Limit(0, 5000)),
        ("20/s 5000/day", Limit(20, 5000)),
        ("5000/day  20", Limit(20, 5000)),
    ],
)
def test_a_limit_is_a_number_a_second_a_number_a_day_or_both(text: str, limit: Limit) -> None:
    assert parse_limit(text) == limit
    assert bool(limit) is (text not in ("", "0"))


@pytest.mark.parametrize("text", ["-1", "fast", "1e3", "20/m", "20 /s", "1.5/day", "0/day", "1 2"])
def test_what_is_no_limit_is_refused_with_what_one_looks_like(text: str) -> None:
    with pytest.raises(ValueError, match="20/s 5000/day"):
        parse_limit(text)


def test_domains_are_written_as_they_stand_in_the_list() -> None:
    limits = parse_domain_limits(" Gmail.com = 20/s 50000/day, bücher.example=5 ,")
    assert limits == {"gmail.com": Limit(20, 50_000), "xn--bcher-kva.example": Limit(5)}
    assert parse_domain_limits("") == {}


def test_a_warm_up_grows_day_by_day_until_it_is_no_limit() -> None:
    ramp = parse_warm_up("2026-12-01 200 x1.5")
    assert ramp == WarmUp(START, 200, 1.5)
    days = [date(2026, 11, 20), START, date(2026, 12, 2), date(2026, 12, 3), date(2026, 12, 8)]
    assert [ramp.per_day(day) for day in days] == [200, 200, 300, 450, 3417]
    assert ramp.per_day(date(2036, 12, 1)) is None
    assert parse_warm_up(" ") is None


def test_of_a_warm_up_and_the_days_limit_the_lower_one_applies() -> None:
    limits = Limits(Limit(20, 400), {"gmail.com": Limit(5)}, WarmUp(START, 200, 1.5))
    assert limits.on(START)[ANY_DOMAIN] == Limit(20, 200)
    assert limits.on(date(2026, 12, 2))[ANY_DOMAIN] == Limit(20, 300)
    assert limits.on(date(2026, 12, 3))[ANY_DOMAIN] == Limit(20, 400)
    assert limits.on(date(2030, 1, 1)) == {ANY_DOMAIN: Limit(20, 400), "gmail.com": Limit(5)}
    alone = Limits(warm_up=WarmUp(START, 200, 2))
    assert alone.on(date(2030, 1, 1)) == {}, "a warm-up that is over costs nothing"


def test_a_batch_is_at_most_a_seconds_worth() -> None:
    limits = Limits(Limit(20), {"a.example": Limit(5), "b.example": Limit(100)})
    assert limits.batch_size(1000) == 20
    assert limits.batch_size(10) == 10
    assert limits.domain_batch_sizes(1000) == {"a.example": 5, "b.example": 20}
    assert Limits(Limit(0.2)).batch_size(50) == 1
    assert Limits().batch_size(50) == 50


def test_limits_say_what_they_are() -> None:
    assert str(Limit(20, 5000)) == "20 a second and 5,000 a day"
    assert str(Limit(0.5)) == "0.5 a second"
