"""A schedule's form: what is read from it is what it was made from, whatever the rule."""

from datetime import UTC, datetime

import pytest

from digest.web.studio.schedule_form import (
    DAYS,
    OTHER,
    fields_of,
    new_fields,
    read_properties,
    read_rule,
)
from schedules.cron import ScheduleError, parse_cron
from schedules.properties import Changes, set_properties
from schedules.tables import Approval, Schedule, Unapproved

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


def made(**given: object) -> Schedule:
    return Schedule(
        **{"name": "weekly", "cron": "0 8 * * mon", "zone": "UTC", "created_at": NOW, **given}
    )


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"cron": "30 17 * * thu", "zone": "Europe/Berlin"},
        {"cron": "0 12 * * fri", "send_cron": "0 8 * * mon", "if_unapproved": Unapproved.SKIP},
        {"cron": "0 8 * * mon,thu", "send_cron": "15 9 * * tue,fri", "max_picks": 5},
        {"approval": Approval.AUTOMATIC, "frequency": "monthly", "cron": "0 8 1 * *"},
        {"four_eyes": True, "late_limit_minutes": 60, "min_picks": 3, "first_days": 30},
    ],
)
def test_what_a_schedule_fills_in_is_read_as_that_schedule(given: dict[str, object]) -> None:
    schedule = made(**given)
    fields = fields_of(schedule)
    again = made(cron="1 1 * * *", approval="wait")
    cron, zone = read_rule(fields)
    changes: Changes = {"cron": cron, "zone": zone, **read_properties(fields)}
    set_properties(again, changes, NOW)
    assert again.model_dump() == schedule.model_dump()


@pytest.mark.parametrize(
    ("cron", "days", "time"),
    [
        ("5 9 * * 1", "* * mon", "09:05"),
        ("0 0 * * 0-6", "* * *", "00:00"),
        ("0 8 * * 1-5", "* * mon-fri", "08:00"),
        ("0 8 * * mon,thu", OTHER, "08:00"),
        ("0 8,16 * * mon", OTHER, "08:00"),
        ("0 8 * 12 mon", OTHER, "08:00"),
    ],
)
def test_a_rule_is_shown_in_words_where_words_mean_exactly_it(
    cron: str, days: str, time: str
) -> None:
    fields = fields_of(made(cron=cron))
    assert (fields["days"], fields["time"]) == (days, time)


def test_every_choice_of_days_is_a_rule() -> None:
    for days in DAYS:
        assert fields_of(made(cron=parse_cron(f"0 8 {days}").text))["days"] == days


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"time": "8 o'clock"}, "draft time: found '8 o'clock', expected a time such as 08:00"),
        ({"send": "* * tue", "send_time": "25:00"}, "send time: found '25:00'"),
        ({"min_picks": "two"}, "smallest number of picks: found 'two', expected a number"),
        ({"max_picks": "9" * 40}, "largest number of picks: found"),
        ({"if_unapproved": "ask"}, "if unapproved: found 'ask', expected one of hold, send, skip"),
    ],
)
def test_what_is_no_time_or_number_is_refused(fields: dict[str, str], why: str) -> None:
    given = new_fields("UTC") | fields
    with pytest.raises(ScheduleError) as refused:
        read_rule(given), read_properties(given)
    assert why in str(refused.value)


def test_without_a_send_time_nothing_is_said_of_the_unapproved() -> None:
    given = new_fields("UTC") | {"if_unapproved": "skip"}
    assert read_properties(given).get("if_unapproved") == Unapproved.HOLD
