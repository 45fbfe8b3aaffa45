"""Rules that name a date and a weekday run on either; their description must not hide it."""

import pytest

from schedules.recurrence import Recurrence


@pytest.mark.parametrize("rule", ["0 8 1-31 * mon", "0 8 1 * mon", "0 8 1-31 * 1-5"])
def test_a_rule_for_dates_and_weekdays_is_not_called_weekly(rule: str) -> None:
    assert Recurrence.parse(rule, "UTC").describe() == f"cron {rule}, UTC"


def test_a_weekly_rule_is_called_weekly() -> None:
    assert Recurrence.parse("0 8 * * mon", "UTC").describe() == "Mondays at 08:00, UTC"
