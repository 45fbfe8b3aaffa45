"""What a schedule can be given, and what does not go together: one line each."""

from datetime import UTC, datetime
from typing import Any

import pytest

from schedules import registry
from schedules.cron import ScheduleError
from schedules.tables import Approval, Schedule, Unapproved
from schedules.timetable import next_words, schedule_words
from store.engine import Store

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def add(store: Store, **given: Any) -> Schedule:
    with store.write() as session:
        values = {"name": "weekly", "cron": "0 12 * * fri", "zone": "Europe/Berlin", "now": NOW}
        return registry.add_schedule(session, **(values | given))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"send_cron": "0 8 * *"}, "found '0 8 * *', expected five fields"),
        ({"send_cron": "0 8 1 * *"}, "send time: found '0 8 1 * *', which comes after the next"),
        ({"cron": "0 * * * *", "send_cron": "0 8 * * mon"}, "which comes after the next draft"),
        ({"if_unapproved": Unapproved.SEND}, "found send without a send time"),
        (
            {"send_cron": "0 8 * * mon", "approval": Approval.AUTOMATIC},
            "found automatic with a send time, expected one of them",
        ),
        (
            {"send_cron": "0 8 * * mon", "if_unapproved": Unapproved.SEND, "four_eyes": True},
            "found automatic with four eyes",
        ),
        ({"min_picks": 0}, "smallest number of picks: found 0, expected 1 to 100"),
        ({"max_picks": 101}, "largest number of picks: found 101, expected 1 to 100"),
        ({"min_picks": 5, "max_picks": 4}, "found at least 5 and at most 4"),
        ({"first_days": 0}, "first days: found 0, expected 1 to 36500"),
        ({"skipped_dates": ["never"]}, "skipped date: found 'never', expected a date"),
        ({"skipped_dates": ["2026-11-01..2999-12-31"]}, "found every date on which"),
        ({"cron": "0 8 24 12 *", "skipped_dates": ["12-24"]}, "found every date on which"),
        ({"frequency": "daily"}, "frequency: found 'daily', expected one of every, weekly"),
    ],
)
def test_what_cannot_work_is_refused_when_added_and_when_changed(
    store: Store, wrong: dict[str, Any], said: str
) -> None:
    with pytest.raises(ScheduleError) as caught:
        add(store, **wrong)
    assert said in str(caught.value)
    assert str(caught.value).isprintable()
    before = add(store).model_dump()
    with store.write() as session, pytest.raises(ScheduleError) as caught:
        registry.update_schedule(session, "weekly", NOW, **wrong)
    assert said in str(caught.value)
    with store.read() as session:
        assert registry.find_schedule(session, "weekly").model_dump() == before


def test_everything_that_is_added_can_be_changed_and_taken_back(store: Store) -> None:
    fresh = add(store).model_dump()
    changes: dict[str, Any] = {
        "cron": "0 12 * * thu",
        "zone": "UTC",
        "late_limit_minutes": 60,
        "frequency": "monthly",
        "first_days": 30,
        "send_cron": "0 8 * * mon",
        "if_unapproved": Unapproved.SKIP,
        "min_picks": 3,
        "max_picks": 5,
        "skipped_dates": ["12-25", "2026-12-28"],
        "four_eyes": True,
    }
    with store.write() as session:
        changed = registry.update_schedule(session, "weekly", NOW, **changes)  # type: ignore[arg-type]
        assert {name: getattr(changed, name) for name in changes} == changes
    with store.write() as session:
        back = {name: fresh[name] for name in changes}
        assert registry.update_schedule(session, "weekly", NOW, **back).model_dump() == fresh


def test_a_schedule_is_said_in_words(store: Store) -> None:
    weekly = add(store, send_cron="0 8 * * mon", skipped_dates=["12-25", "12-26", "01-01", "02-29"])
    assert schedule_words(weekly) == (
        "drafts Fridays at 12:00, sends Mondays at 08:00 if approved by then, else holds; Berlin; "
        "not on 01-01, 02-29, 12-25 and 1 more"
    )
    assert next_words(weekly, NOW) == "next: Fri 27 Nov 2026 12:00, sends Mon 30 Nov 2026 08:00"
    weekly.if_unapproved = Unapproved.SEND
    assert "sends Mondays at 08:00 approved or not; Berlin" in schedule_words(weekly)
