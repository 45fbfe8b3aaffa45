"""Schedules are valid when they are entered and stay so when they are amended."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schedules import registry
from schedules.cron import ScheduleError
from schedules.runner import tick
from schedules.tables import Approval
from store.engine import Store
from tests.unit.schedules.acts import Drafts

Enter = Callable[..., None]
Runs = Callable[[], list[tuple[datetime, str, str]]]

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MONDAY = datetime(2026, 1, 5, 7, tzinfo=UTC)


def test_an_entered_schedule_is_found_and_listed_by_name(store: Store) -> None:
    with store.write() as session:
        for name in ("weekly", "monthly-2"):
            registry.add_schedule(session, name, "0 8  * * MON", "Europe/Berlin", NOW)
    with store.read() as session:
        assert [one.name for one in registry.all_schedules(session)] == ["monthly-2", "weekly"]
        found = registry.find_schedule(session, "weekly")
        assert (found.cron, found.zone, found.active) == ("0 8 * * mon", "Europe/Berlin", True)
        assert (found.approval, found.created_at) == (Approval.WAIT, NOW)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": "Weekly"}, "schedule name: found 'Weekly', expected lower-case letters"),
        ({"name": ""}, "schedule name: found ''"),
        ({"name": "-a"}, "schedule name: found '-a'"),
        ({"name": "a\n"}, "schedule name: found 'a'"),
        ({"name": "a" * 61}, "60 at most"),
        ({"cron": "0 8 * *"}, "expected five fields"),
        ({"cron": "0 8 31 2 *"}, "never comes due"),
        ({"zone": "Berlin"}, "time zone: found 'Berlin'"),
        ({"late_limit_minutes": 0}, "late limit: found 0 minutes, expected 1 to"),
        ({"late_limit_minutes": -5}, "late limit: found -5 minutes"),
        ({"late_limit_minutes": 10**9}, "late limit: found 1000000000 minutes"),
    ],
)
def test_what_cannot_work_is_refused_in_one_line(
    store: Store, wrong: dict[str, Any], said: str
) -> None:
    given = {"name": "weekly", "cron": "0 8 * * mon", "zone": "UTC", "now": NOW} | wrong
    with store.write() as session:
        with pytest.raises(ScheduleError) as caught:
            registry.add_schedule(session, **given)
        assert registry.all_schedules(session) == []
    assert said in str(caught.value)
    assert str(caught.value).isprintable()


def test_a_name_is_given_once_and_the_transaction_goes_on(store: Store) -> None:
    with store.write() as session:
        registry.add_schedule(session, "weekly", "0 8 * * mon", "UTC", NOW)
        with pytest.raises(ScheduleError, match="'weekly', which is taken"):
            registry.add_schedule(session, "weekly", "0 9 * * tue", "UTC", NOW)
        registry.add_schedule(session, "other", "0 9 * * tue", "UTC", NOW)
    with store.read() as session:
        assert [(one.name, one.cron) for one in registry.all_schedules(session)] == [
            ("other", "0 9 * * tue"),
            ("weekly", "0 8 * * mon"),
        ]


def test_with_no_schedule_at_all_the_error_says_so(store: Store) -> None:
    with store.read() as session, pytest.raises(ScheduleError, match="there is none yet"):
        registry.find_schedule(session, "weekly")


def test_a_changed_rule_does_not_act_on_what_was_due_before_the_change(
    store: Store, enter: Enter, runs: Runs
) -> None:
    """Set on Wednesday to Tuesdays: the Tuesday just gone is missed, the next one acts."""
    enter()
    drafts = Drafts()
    tick(store, MONDAY, drafts)
    wednesday = MONDAY + timedelta(days=2)
    with store.write() as session:
        registry.update_schedule(session, "weekly", wednesday, cron="0 8 * * tue")
    for hours in range(24 * 8):
        tick(store, wednesday + timedelta(hours=hours), drafts)
    assert [due_at for _, due_at in drafts.calls] == [MONDAY, MONDAY + timedelta(days=8)]
    assert [(state, note) for _, state, note in runs()][1] == (
        "missed",
        "came due before the rule was changed",
    )


def test_a_schedule_that_wakes_up_does_not_act_on_what_it_slept_through(
    store: Store, enter: Enter, runs: Runs
) -> None:
    enter()
    with store.write() as session:
        registry.update_schedule(session, "weekly", NOW, active=False)
    drafts = Drafts()
    woken = MONDAY + timedelta(weeks=20, minutes=5)
    with store.write() as session:
        registry.update_schedule(session, "weekly", woken, active=True)
    tick(store, woken, drafts)
    assert drafts.calls == []
    assert [state for _, state, _ in runs()] == ["missed"]


def test_a_new_limit_or_approval_leaves_the_runs_alone(
    store: Store, enter: Enter, runs: Runs
) -> None:
    enter()
    with store.write() as session:
        changed = registry.update_schedule(
            session, "weekly", MONDAY, approval=Approval.AUTOMATIC, late_limit_minutes=10
        )
        assert (changed.approval, changed.late_limit_minutes) == ("automatic", 10)
    assert runs() == []


def test_an_amendment_that_cannot_work_changes_nothing(store: Store, enter: Enter) -> None:
    enter()
    with store.write() as session, pytest.raises(ScheduleError, match="time zone"):
        registry.update_schedule(session, "weekly", MONDAY, cron="0 9 * * tue", zone="Mars")
    with store.read() as session:
        assert registry.find_schedule(session, "weekly").cron == "0 8 * * mon"
