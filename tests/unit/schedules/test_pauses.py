"""Pauses that end by a hand or by themselves, removal, and changes beside a scheduler."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from schedules import registry
from schedules.cron import ScheduleError
from schedules.runner import tick
from schedules.tables import Run
from schedules.timetable import next_due_times, next_words
from store.engine import Store
from tests.unit.schedules.acts import Drafts

Enter = Callable[..., None]
Runs = Callable[[], list[tuple[datetime, str, str]]]

MONDAY = datetime(2026, 1, 5, 7, tzinfo=UTC)
WEEK = timedelta(weeks=1)
HOUR = timedelta(hours=1)


def pause(store: Store, now: datetime, until: datetime | None = None) -> None:
    with store.write() as session:
        registry.pause_schedule(session, "weekly", now, until)


def resume(store: Store, now: datetime) -> bool:
    with store.write() as session:
        return registry.resume_schedule(session, "weekly", now)


def tick_hourly(store: Store, start: datetime, end: datetime) -> list[datetime]:
    drafts = Drafts()
    while start <= end:
        tick(store, start, drafts)
        start += HOUR
    return [due_at for _, due_at in drafts.calls]


def test_nothing_comes_due_during_a_pause_and_what_did_is_no_news(
    store: Store, enter: Enter, runs: Runs
) -> None:
    enter()
    pause(store, MONDAY - HOUR)
    assert tick_hourly(store, MONDAY - HOUR, MONDAY + 2 * WEEK + HOUR) == []
    assert resume(store, MONDAY + 2 * WEEK + 2 * HOUR)
    assert not resume(store, MONDAY + 2 * WEEK + 2 * HOUR)
    assert tick_hourly(store, MONDAY + 2 * WEEK + 2 * HOUR, MONDAY + 4 * WEEK) == [
        MONDAY + 3 * WEEK,
        MONDAY + 4 * WEEK,
    ]
    assert runs()[0] == (MONDAY + 2 * WEEK, "missed", "came due while the schedule was paused")
    with store.read() as session:
        assert [one.intended for one in session.exec(select(Run).order_by(Run.due_at))] == [  # type: ignore[arg-type]
            True,
            False,
            False,
        ]


@pytest.mark.parametrize("until", [MONDAY + WEEK, MONDAY + WEEK - HOUR])
def test_a_pause_with_an_end_ends_by_itself_before_what_is_due_then(
    store: Store, enter: Enter, until: datetime
) -> None:
    enter()
    pause(store, MONDAY - HOUR, until)
    assert tick_hourly(store, MONDAY - HOUR, MONDAY + 2 * WEEK) == [
        MONDAY + WEEK,
        MONDAY + 2 * WEEK,
    ]


def test_a_machine_that_slept_over_the_end_of_a_pause_holds_what_came_after_it(
    store: Store, enter: Enter, runs: Runs
) -> None:
    enter()
    pause(store, MONDAY - HOUR, MONDAY + WEEK)
    drafts = Drafts()
    tick(store, MONDAY + WEEK + 5 * HOUR, drafts)
    assert drafts.calls == []
    assert [(due_at, state) for due_at, state, _ in runs()] == [
        (MONDAY, "missed"),
        (MONDAY + WEEK, "held"),
    ]


def test_what_comes_next_is_said_with_the_pause_in_mind(store: Store, enter: Enter) -> None:
    enter()
    now = MONDAY - HOUR
    with store.read() as session:
        weekly = registry.find_schedule(session, "weekly")
    assert next_words(weekly, now) == "next: Mon 5 Jan 2026 08:00"
    pause(store, now, MONDAY + WEEK)
    with store.read() as session:
        weekly = registry.find_schedule(session, "weekly")
        assert registry.next_due_time(session, "weekly", now) == MONDAY + WEEK
    assert next_due_times(weekly, now) == [MONDAY + WEEK]
    assert next_words(weekly, now) == (
        "paused until Mon 12 Jan 2026 08:00, next: Mon 12 Jan 2026 08:00"
    )
    pause(store, now)
    with store.read() as session:
        weekly = registry.find_schedule(session, "weekly")
        assert registry.next_due_time(session, "weekly", now) is None
    assert next_words(weekly, now) == "paused"


def test_a_pause_that_is_over_already_is_refused(store: Store, enter: Enter) -> None:
    enter()
    with pytest.raises(ScheduleError, match="expected a time to come"):
        pause(store, MONDAY, MONDAY)


def test_a_removed_schedule_comes_due_no_more_and_its_runs_stay(
    store: Store, enter: Enter, runs: Runs
) -> None:
    enter()
    tick(store, MONDAY, Drafts())
    with store.write() as session:
        registry.remove_schedule(session, "weekly", MONDAY + HOUR)
    assert tick_hourly(store, MONDAY + HOUR, MONDAY + 2 * WEEK) == []
    assert [state for _, state, _ in runs()] == ["drafted"]
    with store.read() as session:
        assert registry.all_schedules(session) == []
        assert registry.find_past_schedule(session, "weekly").name == "weekly"
        assert registry.next_due_time(session, "weekly", MONDAY) is None
        with pytest.raises(ScheduleError, match="there is none yet"):
            registry.find_schedule(session, "weekly")
    for change in (registry.pause_schedule, registry.resume_schedule, registry.remove_schedule):
        with store.write() as session, pytest.raises(ScheduleError, match="found 'weekly'"):
            change(session, "weekly", MONDAY)


def test_a_removed_name_is_taken_again_as_new_with_its_runs(
    store: Store, enter: Enter, runs: Runs
) -> None:
    enter(late_limit_minutes=5)
    tick(store, MONDAY, Drafts())
    with store.write() as session:
        registry.remove_schedule(session, "weekly", MONDAY + HOUR)
    enter(cron="0 9 * * tue", created=MONDAY + WEEK)
    with store.read() as session:
        again = registry.find_schedule(session, "weekly")
        assert (again.cron, again.late_limit_minutes, again.active) == ("0 9 * * tue", 180, True)
    tuesday = MONDAY + WEEK + 25 * HOUR
    assert tick_hourly(store, MONDAY + WEEK, MONDAY + 2 * WEEK) == [tuesday]
    assert [due_at for due_at, _, _ in runs()] == [MONDAY, tuesday]


def test_a_change_just_after_a_due_time_leaves_it_to_the_next_tick(
    store: Store, enter: Enter, runs: Runs
) -> None:
    """The editor adds Christmas a second after 08:00, before the scheduler looked."""
    enter()
    with store.write() as session:
        registry.update_schedule(
            session, "weekly", MONDAY + timedelta(seconds=1), skipped_dates=["12-25"]
        )
    assert runs() == []
    drafts = Drafts()
    tick(store, MONDAY + timedelta(minutes=1), drafts)
    assert drafts.calls == [("weekly", MONDAY)]


def test_a_date_that_is_skipped_no_more_is_not_made_up_for(
    store: Store, enter: Enter, runs: Runs
) -> None:
    enter()
    with store.write() as session:
        registry.update_schedule(session, "weekly", MONDAY - HOUR, skipped_dates=["2026-01-05"])
    assert tick_hourly(store, MONDAY - HOUR, MONDAY + 30 * HOUR) == []
    with store.write() as session:
        registry.update_schedule(session, "weekly", MONDAY + 30 * HOUR, skipped_dates=[])
    assert tick_hourly(store, MONDAY + 30 * HOUR, MONDAY + WEEK) == [MONDAY + WEEK]
    assert [state for _, state, _ in runs()] == ["missed", "drafted"]


def test_a_laptop_that_slept_for_three_weeks_has_one_run_that_is_held(
    store: Store, enter: Enter, runs: Runs
) -> None:
    enter()
    drafts = Drafts()
    woken = MONDAY + 3 * WEEK + 30 * HOUR
    tick(store, woken, drafts)
    tick(store, woken + HOUR, drafts)
    assert drafts.calls == []
    assert [state for _, state, _ in runs()] == ["missed", "missed", "missed", "held"]
