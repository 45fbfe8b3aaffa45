"""A run by hand: the newest due time up to a moment, whatever became of it before."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from schedules.cron import ScheduleError
from schedules.manual_run import run_now
from schedules.runner import tick
from schedules.tables import RunState
from store.engine import Store
from tests.unit.schedules.acts import Breaks, Drafts, skips

Enter = Callable[..., None]
Runs = Callable[[], list[tuple[datetime, str, str]]]

MONDAY = datetime(2026, 1, 5, 7, tzinfo=UTC)
WEEK = timedelta(weeks=1)
LATE = MONDAY + timedelta(hours=30)


def test_a_held_run_is_drafted(store: Store, enter: Enter, runs: Runs) -> None:
    enter()
    drafts = Drafts()
    tick(store, LATE, drafts)
    done = run_now(store, "weekly", LATE, LATE, drafts)
    assert (done.due_at, done.state, done.acted) == (MONDAY, RunState.DRAFTED, True)
    assert runs() == [(MONDAY, "drafted", "issue 1")]


def test_a_missed_run_is_drafted_when_the_moment_names_it(
    store: Store, enter: Enter, runs: Runs
) -> None:
    enter()
    tick(store, MONDAY + WEEK, Drafts())
    run_now(store, "weekly", MONDAY, MONDAY + WEEK, Drafts())
    assert [(due_at, state) for due_at, state, _ in runs()] == [
        (MONDAY, "drafted"),
        (MONDAY + WEEK, "drafted"),
    ]


def test_a_due_time_without_a_run_gets_one_and_the_tick_leaves_it_alone(
    store: Store, enter: Enter, runs: Runs
) -> None:
    enter()
    drafts = Drafts()
    run_now(store, "weekly", MONDAY, MONDAY, drafts)
    assert tick(store, MONDAY, drafts) == []
    assert [state for _, state, _ in runs()] == ["drafted"]


@pytest.mark.parametrize(("act", "state"), [(Drafts(), "drafted"), (skips, "skipped")])
def test_what_was_drafted_or_skipped_is_said_and_not_done_again(
    store: Store, enter: Enter, act: Callable[..., object], state: str
) -> None:
    enter()
    tick(store, MONDAY, act)
    again = Drafts()
    done = run_now(store, "weekly", LATE, LATE, again)
    assert (done.due_at, done.state, done.acted) == (MONDAY, state, False)
    assert again.calls == []


def test_older_due_times_it_passes_over_are_missed(store: Store, enter: Enter, runs: Runs) -> None:
    enter()
    now = MONDAY + 2 * WEEK
    run_now(store, "weekly", now, now, Drafts())
    assert [state for _, state, _ in runs()] == ["missed", "missed", "drafted"]


def test_a_time_before_the_schedule_existed_can_be_run_and_brings_no_others_back(
    store: Store, enter: Enter, runs: Runs
) -> None:
    enter(created=MONDAY + timedelta(hours=1))
    drafts = Drafts()
    long_ago = MONDAY - 8 * WEEK
    run_now(store, "weekly", long_ago, MONDAY, drafts)
    assert tick(store, MONDAY + timedelta(hours=2), drafts) == []
    assert [due_at for due_at, _, _ in runs()] == [long_ago]


def test_a_run_made_ahead_of_its_time_does_not_swallow_those_before_it(
    store: Store, enter: Enter
) -> None:
    enter()
    drafts = Drafts()
    run_now(store, "weekly", MONDAY + 3 * WEEK, MONDAY - WEEK, drafts)
    drafts.calls.clear()
    for week in range(5):
        tick(store, MONDAY + week * WEEK, drafts)
    assert [due_at for _, due_at in drafts.calls] == [
        MONDAY,
        MONDAY + WEEK,
        MONDAY + 2 * WEEK,
        MONDAY + 4 * WEEK,
    ]


def test_an_action_that_breaks_leaves_a_held_run_held(
    store: Store, enter: Enter, runs: Runs
) -> None:
    enter()
    tick(store, LATE, Drafts())
    with pytest.raises(RuntimeError, match="no template"):
        run_now(store, "weekly", LATE, LATE, Breaks("weekly"))
    assert [state for _, state, _ in runs()] == ["held"]


def test_an_unknown_name_is_refused_with_the_names_there_are(store: Store, enter: Enter) -> None:
    enter()
    with pytest.raises(ScheduleError, match="found 'monthly', expected one of weekly"):
        run_now(store, "monthly", MONDAY, MONDAY, Drafts())


def test_a_moment_before_any_due_time_is_refused(store: Store, enter: Enter) -> None:
    enter()
    with pytest.raises(ScheduleError, match="found nothing due up to 1970-01-01"):
        run_now(store, "weekly", datetime(1970, 1, 1, tzinfo=UTC), MONDAY, Drafts())
