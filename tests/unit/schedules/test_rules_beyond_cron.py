"""Nicknames, the last day of a month, and weekdays by their number in it."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedules.cron import LAST, ScheduleError, parse_cron

NAMES = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


def days(rule: str, year: int = 2026) -> list[date]:
    cron = parse_cron(rule)
    first = date(year, 1, 1)
    return [day for day in (first + timedelta(n) for n in range(365)) if cron.falls_on(day)]


@pytest.mark.parametrize(
    ("nickname", "rule"),
    [
        ("@weekly", "0 0 * * 0"),
        ("@monthly", "0 0 1 * *"),
        ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        ("@hourly", "0 * * * *"),
        ("@yearly", "0 0 1 1 *"),
        (" @Annually ", "0 0 1 1 *"),
    ],
)
def test_a_nickname_means_what_crontab_says(nickname: str, rule: str) -> None:
    assert parse_cron(nickname) == parse_cron(rule)
    assert parse_cron(nickname).text == rule


def test_the_last_day_of_each_month() -> None:
    assert [day.day for day in days("0 8 L * *")][:4] == [31, 28, 31, 30]
    assert [day.day for day in days("0 8 L feb *", 2028)] == [29]
    assert [day.day for day in days("0 8 15,L apr *")] == [15, 30]


@pytest.mark.parametrize("day", range(7))
@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_a_weekday_by_its_number_in_the_month(day: int, number: int) -> None:
    for rule in (f"0 8 * * {NAMES[day]}#{number}", f"0 8 * * {day or 7}#{number}"):
        found = days(rule)
        assert all(one.isoweekday() % 7 == day for one in found)
        assert all((one.day - 1) // 7 + 1 == number for one in found)
        assert number == 5 or len({one.month for one in found}) == 12


def test_the_last_weekday_of_the_month() -> None:
    found = days("0 8 * * friL", 2027)
    assert len({one.month for one in found}) == 12
    assert all((one + timedelta(7)).month != one.month for one in found)
    assert days("0 8 * * 5l", 2027) == found


def test_numbered_weekdays_stand_beside_others_and_beside_dates() -> None:
    assert [day.day for day in days("0 8 * jan mon#1,fri")] == [2, 5, 9, 16, 23, 30]
    assert [day.day for day in days("0 8 1 jan mon#1")] == [1, 5], "either is enough"
    assert [day.day for day in days("0 8 */2 jan mon#1")] == [5], "a star leaves it to both"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("0 8 * * mon#0", "weekday: found 'mon#0', expected 1 to 5 after #"),
        ("0 8 * * mon#6", "weekday: found 'mon#6', expected 1 to 5 after #"),
        ("0 8 * * mon#", "weekday: found 'mon#', expected 1 to 5 after #"),
        ("0 8 * * #1", "weekday: found '', expected 0 to 7 or sun to sat"),
        ("0 8 * * mon#1,", "weekday: found '', expected 0 to 7 or sun to sat"),
        ("0 8 * * 8#1", "weekday: found '8', expected 0 to 7"),
        ("0 8 * * L", "weekday: found 'l', expected 0 to 7"),
        ("0 8 L-2 * *", "day: found 'l', expected 1 to 31"),
        ("0 8 L/2 * *", "day: found 'l', expected 1 to 31"),
        ("0 L * * *", "hour: found 'l', expected 0 to 23"),
        ("@reboot", "found '@reboot', expected five fields"),
        ("@weekly 8", "expected five fields"),
        ("0 8 */30 * mon#2", "never comes due"),
    ],
)
def test_what_is_none_is_refused_in_one_line(rule: str, said: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        parse_cron(rule)
    assert said in str(caught.value)
    assert str(caught.value).isprintable()


@settings(deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(NAMES),
            st.tuples(st.sampled_from(NAMES), st.sampled_from(["#1", "#2", "#5", "L"])).map(
                "".join
            ),
        ),
        min_size=1,
        max_size=5,
    ),
    st.dates(date(1990, 1, 1), date(2100, 12, 31)),
)
def test_a_list_falls_on_what_each_of_its_parts_falls_on(parts: list[str], day: date) -> None:
    whole = parse_cron(f"0 8 * * {','.join(parts)}")
    assert whole.falls_on(day) == any(parse_cron(f"0 8 * * {one}").falls_on(day) for one in parts)
    assert parse_cron(whole.text) == whole
    assert all(number == LAST or number > 0 for _, number in whole.nth_weekdays)
