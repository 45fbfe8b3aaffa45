"""What a cron rule means, column by column."""

from datetime import date, timedelta

import pytest

from schedules.cron import ScheduleError, parse_cron

SUNDAY = date(2026, 2, 1)
"""The first of a month of exactly four weeks."""
NAMES = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


def weekdays(rule: str) -> str:
    """The weekdays of one week that `rule`'s weekday column names, Sunday first."""
    cron = parse_cron(f"0 8 * * {rule}")
    return " ".join(
        name for number, name in enumerate(NAMES) if cron.falls_on(SUNDAY + timedelta(number))
    )


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        ("0", "sun"),
        ("7", "sun"),
        ("1", "mon"),
        ("6", "sat"),
        ("mon", "mon"),
        ("SUN", "sun"),
        ("1-5", "mon tue wed thu fri"),
        ("5-7", "sun fri sat"),
        ("0-7", "sun mon tue wed thu fri sat"),
        ("0-2", "sun mon tue"),
        ("fri-sun", "sun fri sat"),
        ("mon-fri", "mon tue wed thu fri"),
        ("1,3,5", "mon wed fri"),
        ("0,7", "sun"),
        ("sat,7", "sun sat"),
        ("*", "sun mon tue wed thu fri sat"),
        ("*/2", "sun tue thu sat"),
        ("1-5/2", "mon wed fri"),
        ("mon-fri/2", "mon wed fri"),
        ("1-7/3", "sun mon thu"),
        ("*/7", "sun"),
    ],
)
def test_weekdays_are_numbered_and_named_as_cron_has_them(rule: str, named: str) -> None:
    """Sunday is 0 and 7, not Monday 0, in numbers, ranges, lists and steps alike."""
    assert weekdays(rule) == named


def test_minutes_and_hours_come_out_in_order() -> None:
    cron = parse_cron("45,0,*/30 22,8-10/2 * * *")
    assert cron.minutes == (0, 30, 45)
    assert cron.hours == (8, 10, 22)


def test_months_have_names_and_numbers() -> None:
    assert parse_cron("0 8 1 jan-mar,12 *").months == {1, 2, 3, 12}


def test_a_day_that_fits_either_day_column_is_enough_when_both_are_restricted() -> None:
    """crontab(5): `1 * mon` is the first of a month and every Monday."""
    cron = parse_cron("0 8 3 * mon")
    found = [number for number in range(1, 29) if cron.falls_on(date(2026, 2, number))]
    assert found == [2, 3, 9, 16, 23]


def test_a_starred_day_column_leaves_the_decision_to_the_other() -> None:
    """Only Mondays of odd days: a stepped star counts as unrestricted, so both must fit."""
    cron = parse_cron("0 8 */2 * mon")
    found = [number for number in range(1, 29) if cron.falls_on(date(2026, 2, number))]
    assert found == [9, 23]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("0 8 * *", "found '0 8 * *', expected five fields"),
        ("0 0 8 * * mon", "expected five fields"),
        ("", "found '', expected five fields"),
        ("@reboot", "found '@reboot', expected five fields"),
        ("60 8 * * *", "minute: found '60', expected 0 to 59"),
        ("0 24 * * *", "hour: found '24', expected 0 to 23"),
        ("0 8 0 * *", "day: found '0', expected 1 to 31"),
        ("0 8 * 13 *", "month: found '13', expected 1 to 12 or jan to dec"),
        ("0 8 * * 8", "weekday: found '8', expected 0 to 7 or sun to sat"),
        ("0 8 * * monday", "weekday: found 'monday', expected 0 to 7 or sun to sat"),
        ("0 8 * * mon,", "weekday: found '', expected 0 to 7"),
        ("0 8 * * fri-mon", "weekday: found 'fri-mon', expected a range that runs forwards"),
        ("30-10 8 * * *", "minute: found '30-10', expected a range that runs forwards"),
        ("5/15 8 * * *", "minute: found '5/15', expected a step after a range or a star"),
        ("*/0 8 * * *", "minute: found '*/0', expected a step of 1 or more"),
        ("*/ 8 * * *", "minute: found '*/', expected a step of 1 or more"),
        ("-1 8 * * *", "minute: found '', expected 0 to 59"),
        ("٣ 8 * * *", "minute: found '٣', expected 0 to 59"),
        ("L 8 * * *", "minute: found 'l', expected 0 to 59"),
        ("0" * 5000, "expected five fields"),
        ("\x1b[31m 8 * * *", "minute: found '[31m', expected 0 to 59"),
    ],
)
def test_a_rule_that_cannot_be_read_is_refused_in_one_line(rule: str, said: str) -> None:
    """The line says what was found, what it should be, and shows a rule that works."""
    with pytest.raises(ScheduleError) as caught:
        parse_cron(rule)
    line = str(caught.value)
    assert said in line
    assert "'0 8 * * mon'" in line
    assert "\n" not in line
    assert len(line) < 200
    assert line.isprintable()


@pytest.mark.parametrize("rule", ["0 8 30 2 *", "0 8 31 4,6,9,11 *", "0 8 30,31 feb */2"])
def test_a_rule_that_never_comes_due_is_refused(rule: str) -> None:
    with pytest.raises(ScheduleError, match="never comes due"):
        parse_cron(rule)


@pytest.mark.parametrize("rule", ["0 8 29 2 *", "0 8 30 2 mon", "0 8 31 1,4 *"])
def test_a_rule_that_comes_due_seldom_is_taken(rule: str) -> None:
    assert parse_cron(rule).text == rule


def test_the_rule_is_kept_with_single_spaces_and_in_lower_case() -> None:
    assert parse_cron("  0   8 *\t* MON ").text == "0 8 * * mon"
