"""Dates on which a schedule rests: what is read, and which due times they leave out."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedules.cron import ScheduleError, parse_cron
from schedules.recurrence import Recurrence, parse_zone
from schedules.skipped_dates import MAX_SKIPPED, SkippedDates, read_skipped

START = datetime(2026, 12, 1, tzinfo=UTC)
END = datetime(2027, 1, 20, tzinfo=UTC)


def due(rule: str, *skipped: str, send: str | None = None, zone: str = "UTC") -> list[str]:
    recurrence = Recurrence(
        parse_cron(rule),
        parse_zone(zone),
        parse_cron(send) if send else None,
        SkippedDates.parse(skipped),
    )
    return [f"{one:%m-%d}" for one in recurrence.due_times(START, END)]


def test_a_day_a_span_and_a_day_of_every_year() -> None:
    every = ["12-07", "12-14", "12-21", "12-28", "01-04", "01-11", "01-18"]
    assert due("0 8 * * mon") == every
    assert due("0 8 * * mon", "2026-12-14") == [one for one in every if one != "12-14"]
    assert due("0 8 * * mon", "2026-12-21..2027-01-04") == ["12-07", "12-14", "01-11", "01-18"]
    assert due("0 8 * * mon", "12-28", "01-04") == ["12-07", "12-14", "12-21", "01-11", "01-18"]


def test_a_draft_whose_send_day_is_skipped_is_not_made() -> None:
    """Drafted on Fridays, sent on Mondays: Monday 28 December leaves out Friday 25."""
    assert "12-25" in due("0 12 * * fri", send="0 8 * * mon")
    assert "12-25" not in due("0 12 * * fri", "12-28", send="0 8 * * mon")


def test_the_day_is_that_of_the_zone() -> None:
    """00:30 in Auckland is the day before in UTC."""
    assert "12-24" in due("30 0 * * *", zone="Pacific/Auckland")
    assert "12-24" not in due("30 0 * * *", "2026-12-25", zone="Pacific/Auckland")


@pytest.mark.parametrize(
    "wrong",
    ["25.12.2026", "2026-02-30", "02-30", "13-01", "2027-01-06..2026-12-24", "..", "", "christmas",
     "2026-12-24..", "2026-12-24...2027-01-06", "١٢-٢٥", "\x1b[31m"],
)  # fmt: skip
def test_what_is_no_date_is_refused_in_one_line(wrong: str) -> None:
    with pytest.raises(ScheduleError, match="expected a date such as 2026-12-25") as caught:
        SkippedDates.parse([wrong])
    assert str(caught.value).isprintable()


def test_more_than_anybody_needs_are_refused() -> None:
    spans = [f"{2000 + n}-01-01" for n in range(MAX_SKIPPED + 1)]
    with pytest.raises(ScheduleError, match="expected 1000 at most"):
        SkippedDates.parse(spans)


def test_a_file_has_one_on_a_line_and_its_errors_say_which() -> None:
    text = "# holidays\n\n2026-12-25  # Christmas\r\n 12-26\n2026-12-24..2027-01-06\n"
    assert read_skipped(text) == ["2026-12-25", "12-26", "2026-12-24..2027-01-06"]
    with pytest.raises(ScheduleError, match=r"^line 3: skipped date: found 'Easter'"):
        read_skipped("12-25\n\nEaster\n")


@settings(deadline=None)
@given(st.sets(st.dates(date(2026, 12, 1), date(2027, 1, 20)), max_size=20))
def test_what_is_left_is_what_is_due_and_not_skipped(skipped: set[date]) -> None:
    left = due("0 8 * * *", *map(str, skipped))
    rule = Recurrence.parse("0 8 * * *", "UTC")
    assert left == [
        f"{one:%m-%d}" for one in rule.due_times(START, END) if one.date() not in skipped
    ]
