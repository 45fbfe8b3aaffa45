"""Due times in UTC, compared with a reference that walks the clock and knows no calendar."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from schedules.cron import ScheduleError
from schedules.recurrence import LATEST, Recurrence

Wall = datetime
"""A naive local time."""

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "UTC",
)
RULES: dict[str, Callable[[Wall], bool]] = {
    "0 8 * * mon": lambda wall: (wall.isoweekday(), wall.hour, wall.minute) == (1, 8, 0),
    "30 2 * * *": lambda wall: (wall.hour, wall.minute) == (2, 30),
    "15 2 * * *": lambda wall: (wall.hour, wall.minute) == (2, 15),
    "45 1 * * 0": lambda wall: (wall.isoweekday(), wall.hour, wall.minute) == (7, 1, 45),
    "30 1 * * 7": lambda wall: (wall.isoweekday(), wall.hour, wall.minute) == (7, 1, 30),
    "*/30 1-3 * * *": lambda wall: wall.hour in (1, 2, 3) and wall.minute in (0, 30),
    "*/15 * * * sat-sun": lambda wall: wall.isoweekday() > 5,
    "0 0 1 * *": lambda wall: (wall.day, wall.hour, wall.minute) == (1, 0, 0),
    "0 9 15 * fri": lambda wall: (
        (wall.hour, wall.minute) == (9, 0) and (wall.day == 15 or wall.isoweekday() == 5)
    ),
    "45 23 * 3,10 1-5": lambda wall: (
        wall.month in (3, 10) and wall.isoweekday() < 6 and (wall.hour, wall.minute) == (23, 45)
    ),
    "0 12 29 2 *": lambda wall: (wall.month, wall.day, wall.hour, wall.minute) == (2, 29, 12, 0),
}
QUARTER = timedelta(minutes=15)


def ticks(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[tuple[datetime, Wall, bool]]:
    """Walks from `start` to `end` by quarters of an hour: (instant, wall clock, shown before).

    A wall-clock time that a change of clocks skips is yielded at the instant at which the old
    clock would have shown it. Every offset and change of these zones is a multiple of 15 minutes.
    """
    shown = start.astimezone(zone).replace(tzinfo=None) - QUARTER
    newest = shown
    moment = start
    while moment <= end:
        wall = moment.astimezone(zone).replace(tzinfo=None)
        skipped = shown + QUARTER
        while skipped < wall:
            yield moment + (skipped - (shown + QUARTER)), skipped, False
            skipped += QUARTER
        yield moment, wall, wall <= newest
        newest = max(newest, wall)
        shown = wall
        moment += QUARTER


@pytest.mark.parametrize("zone", ZONES)
def test_due_times_are_those_that_a_walk_along_the_clock_finds(zone: str) -> None:
    """Four years, eight changes of the clock where there are any, eleven rules."""
    start, end = datetime(2024, 1, 1, tzinfo=UTC), datetime(2027, 12, 31, tzinfo=UTC)
    expected: dict[str, set[datetime]] = {rule: set() for rule in RULES}
    for moment, wall, before in ticks(ZoneInfo(zone), start, end + timedelta(days=1)):
        for rule, matches in RULES.items():
            if not before and matches(wall) and start < moment <= end:
                expected[rule].add(moment)
    for rule, moments in expected.items():
        assert Recurrence.parse(rule, zone).due_times(start, end) == sorted(moments), rule
        assert moments


def utc_times(rule: str, zone: str, first: datetime, last: datetime) -> list[str]:
    return [f"{due:%d %H:%M}" for due in Recurrence.parse(rule, zone).due_times(first, last)]


@pytest.mark.parametrize(
    ("zone", "night", "rule", "local"),
    [
        ("Europe/Berlin", datetime(2026, 3, 29, tzinfo=UTC), "30 2 * * *", "03:30 CEST"),
        ("America/New_York", datetime(2026, 3, 8, 6, tzinfo=UTC), "30 2 * * *", "03:30 EDT"),
        ("Australia/Lord_Howe", datetime(2026, 10, 3, 14, tzinfo=UTC), "15 2 * * *", "02:45 +11"),
    ],
)
def test_a_time_that_the_night_skips_comes_due_once_as_long_after_midnight_as_ever(
    zone: str, night: datetime, rule: str, local: str
) -> None:
    """RFC 5545 section 3.3.5: the offset from before the gap counts."""
    due = Recurrence.parse(rule, zone).due_times(night, night + timedelta(hours=12))
    assert [f"{moment.astimezone(ZoneInfo(zone)):%H:%M %Z}" for moment in due] == [local]


@pytest.mark.parametrize(
    ("zone", "night", "rule", "local"),
    [
        ("Europe/Berlin", datetime(2026, 10, 24, 23, tzinfo=UTC), "30 2 * * *", "02:30 CEST"),
        ("America/New_York", datetime(2026, 11, 1, 4, tzinfo=UTC), "30 1 * * *", "01:30 EDT"),
        ("Australia/Lord_Howe", datetime(2026, 4, 4, 13, tzinfo=UTC), "45 1 * * *", "01:45 +11"),
    ],
)
def test_a_time_that_the_night_repeats_comes_due_the_first_time_only(
    zone: str, night: datetime, rule: str, local: str
) -> None:
    """RFC 5545 section 3.3.5: the first occurrence counts."""
    due = Recurrence.parse(rule, zone).due_times(night, night + timedelta(hours=12))
    assert [f"{moment.astimezone(ZoneInfo(zone)):%H:%M %Z}" for moment in due] == [local]


def test_a_skipped_time_and_the_time_it_moves_to_are_one_due_time() -> None:
    night = datetime(2026, 3, 29, tzinfo=UTC)
    due = utc_times("30 2,3 * * *", "Europe/Berlin", night, night + timedelta(hours=12))
    assert due == ["29 01:30"]


def test_a_day_that_a_zone_left_out_moves_to_the_next() -> None:
    """Samoa went from 29 to 31 December 2011 at midnight."""
    start = datetime(2011, 12, 28, 12, tzinfo=UTC)
    due = utc_times("0 8 * * *", "Pacific/Apia", start, start + timedelta(days=5))
    assert due == ["28 18:00", "29 18:00", "30 18:00", "31 18:00", "01 18:00"]


def test_the_start_is_left_out_and_the_end_is_included() -> None:
    recurrence = Recurrence.parse("0 8 * * *", "UTC")
    first, second = datetime(2026, 1, 1, 8, tzinfo=UTC), datetime(2026, 1, 2, 8, tzinfo=UTC)
    assert recurrence.due_times(first, second) == [second]
    assert recurrence.due_times(second, first) == []


def test_due_times_are_utc_whole_minutes_whatever_zone_the_question_came_in() -> None:
    recurrence = Recurrence.parse("*/20 * * * *", "Asia/Kolkata")
    asked = datetime(2026, 1, 1, 12, 0, 59, 5, tzinfo=ZoneInfo("America/New_York"))
    due = recurrence.next(asked, 3)
    assert [f"{moment:%H:%M:%S.%f %Z}" for moment in due] == [
        "17:10:00.000000 UTC",
        "17:30:00.000000 UTC",
        "17:50:00.000000 UTC",
    ]


def test_a_moment_without_a_zone_is_refused() -> None:
    recurrence = Recurrence.parse("0 8 * * *", "UTC")
    with pytest.raises(ValueError, match="without a zone"):
        recurrence.next(datetime(2026, 1, 1), 1)  # noqa: DTZ001 - the naive time is the point


@pytest.mark.parametrize("rule", list(RULES))
@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe"])
def test_next_and_previous_agree_with_the_whole_list(rule: str, zone: str) -> None:
    recurrence = Recurrence.parse(rule, zone)
    start, end = datetime(2026, 3, 27, 3, 17, tzinfo=UTC), datetime(2045, 1, 1, tzinfo=UTC)
    whole = recurrence.due_times(start, end)
    assert recurrence.next(start, 4) == whole[:4]
    assert recurrence.previous(end, 4) == whole[-4:]
    assert recurrence.previous(whole[0], 5, after=start) == whole[:1]


def test_a_rule_for_the_29th_of_february_is_found_across_a_century_without_one() -> None:
    recurrence = Recurrence.parse("0 8 29 2 */6", "UTC")  # and a Saturday or Sunday
    assert [due.year for due in recurrence.next(datetime(2093, 1, 1, tzinfo=UTC), 2)] == [
        2116,
        2128,
    ]
    assert [due.year for due in recurrence.previous(datetime(2116, 1, 1, tzinfo=UTC), 1)] == [2088]


def test_the_end_of_the_calendar_ends_the_list() -> None:
    recurrence = Recurrence.parse("0 8 29 2 *", "UTC")
    assert recurrence.next(LATEST - timedelta(days=1), 1) == []
    assert recurrence.next(datetime.max.replace(tzinfo=UTC), 1) == []
    assert recurrence.previous(datetime.min.replace(tzinfo=UTC), 1) == []


@pytest.mark.parametrize("zone", ["", "Berlin", "Europe", "../etc/passwd", "Mars/Base\n", "\0"])
def test_a_zone_that_is_not_in_the_database_is_refused_in_one_line(zone: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        Recurrence.parse("0 8 * * mon", zone)
    assert "expected an IANA name such as Europe/Berlin" in str(caught.value)
    assert str(caught.value).isprintable()
