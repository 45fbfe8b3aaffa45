"""The line that says how far a sending is must not promise what limits don't allow."""

from datetime import timedelta

from digest.cli.issue.progress import progress_line
from digest.deliver.ledger.outlook import Rate
from digest.deliver.ledger.progress import Progress
from digest.deliver.ledger.throttle_status import ThrottleStatus
from digest.deliver.tables import DeliveryState
from tests.parts.world import NOW


def progress(submitted: int, queued: int, **more: object) -> Progress:
    counts = dict.fromkeys(map(str, DeliveryState), 0) | {"submitted": submitted, "queued": queued}
    return Progress(counts, finished=False, next_due=None, **more)  # type: ignore[arg-type]


def test_the_end_is_told_from_the_rate() -> None:
    assert (
        progress_line(progress(400, 600), 1000, 20, NOW) == "400 of 1,000, 20 a second, 30 s left"
    )
    assert (
        progress_line(progress(400, 6000), 6400, 10, NOW)
        == "400 of 6,400, 10 a second, 10 min left"
    )


def test_a_day_limit_moves_the_end_whatever_the_rate_is() -> None:
    later = progress(4000, 6000, earliest_finish=NOW + timedelta(days=1))
    assert progress_line(later, 10_000, 500, NOW) == (
        "4,000 of 10,000, 500 a second, done about 2026-11-24 08:00 UTC"
    )


def test_a_slow_provider_is_later_than_the_limits() -> None:
    slow = progress(0, 36_000, earliest_finish=NOW + timedelta(minutes=5))
    assert progress_line(slow, 36_000, 5, NOW).endswith("done about 2026-11-23 10:00 UTC")


def test_while_a_limit_holds_everything_back_it_says_why_and_until_when() -> None:
    midnight = NOW.replace(hour=0) + timedelta(days=1)
    held = progress(
        5000,
        100,
        throttled=ThrottleStatus(midnight, "the day's limit of 5,000 is reached"),
        earliest_finish=midnight,
    )
    assert progress_line(held, 5100, 0, NOW) == (
        "5,000 of 5,100, done about 2026-11-24 00:00 UTC, "
        "the day's limit of 5,000 is reached; goes on 2026-11-24 00:00 UTC"
    )


def test_before_anything_went_out_nothing_is_promised() -> None:
    assert progress_line(progress(0, 10), 10, 0, NOW) == "0 of 10"


def test_a_rate_below_one_a_second_is_told_by_the_minute() -> None:
    assert "12 a minute" in progress_line(progress(10, 10), 20, 0.2, NOW)


def test_the_rate_is_that_of_the_last_half_minute() -> None:
    rate = Rate()
    assert rate.update(5_000, 0.0) == 0.0, "what an earlier run did is no rate"
    assert rate.update(5_100, 10.0) == 10.0
    for second in range(11, 120):
        now = rate.update(5_100 + (second - 10) * 2, float(second))
    assert now == 2.0
