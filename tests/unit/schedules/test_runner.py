"""A tick acts once on what is due, writes down what it passed over, and survives failures."""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from freezegun import freeze_time
from sqlmodel import Session

from schedules import registry
from schedules.runner import MAX_MISSED, FailedTick, RunOutcome, RunResult, tick
from schedules.tables import RunState, Schedule
from store.engine import Store
from tests.unit.schedules.acts import Breaks, Drafts, skips

Enter = Callable[..., None]
Runs = Callable[[], list[tuple[datetime, str, str]]]

MONDAY = datetime(2026, 1, 5, 7, tzinfo=UTC)
"""08:00 in Berlin, the first due time of the usual schedule."""
WEEK = timedelta(weeks=1)
MINUTE = timedelta(minutes=1)


def test_nothing_happens_before_the_first_due_time(store: Store, enter: Enter, runs: Runs) -> None:
    enter()
    drafts = Drafts()
    assert tick(store, MONDAY - MINUTE, drafts) == []
    assert drafts.calls == []
    assert runs() == []


def test_a_due_time_is_acted_on_once(store: Store, enter: Enter, runs: Runs) -> None:
    enter()
    drafts = Drafts()
    first = tick(store, MONDAY + MINUTE, drafts)
    assert first == [RunResult("weekly", MONDAY, RunState.DRAFTED, "issue 1")]
    assert tick(store, MONDAY + 2 * MINUTE, drafts) == []
    assert drafts.calls == [("weekly", MONDAY)]
    assert runs() == [(MONDAY, "drafted", "issue 1")]


def test_a_schedule_entered_at_its_due_time_waits_for_the_next(
    store: Store, enter: Enter, runs: Runs
) -> None:
    enter(created=MONDAY)
    assert tick(store, MONDAY, Drafts()) == []
    tick(store, MONDAY + WEEK, Drafts())
    assert [due_at for due_at, _, _ in runs()] == [MONDAY + WEEK]


def test_an_empty_week_is_skipped(store: Store, enter: Enter, runs: Runs) -> None:
    enter()
    tick(store, MONDAY, skips)
    assert runs() == [(MONDAY, "skipped", "nothing new this week")]


def test_of_several_due_times_the_newest_acts_and_the_older_are_missed(
    store: Store, enter: Enter, runs: Runs
) -> None:
    enter()
    drafts = Drafts()
    results = tick(store, MONDAY + 2 * WEEK + MINUTE, drafts)
    assert drafts.calls == [("weekly", MONDAY + 2 * WEEK)]
    assert [(due_at, state) for due_at, state, _ in runs()] == [
        (MONDAY, "missed"),
        (MONDAY + WEEK, "missed"),
        (MONDAY + 2 * WEEK, "drafted"),
    ]
    assert [one.due_at for one in results if isinstance(one, RunResult)] == [
        MONDAY,
        MONDAY + WEEK,
        MONDAY + 2 * WEEK,
    ]


def test_at_the_limit_it_acts_and_beyond_it_the_run_is_held(
    store: Store, enter: Enter, runs: Runs
) -> None:
    """The note says how late it is and which command drafts it all the same."""
    enter("punctual", late_limit_minutes=60)
    enter("patient", late_limit_minutes=61)
    drafts = Drafts()
    tick(store, MONDAY + timedelta(minutes=61), drafts)
    assert drafts.calls == [("patient", MONDAY)]
    states = {state: note for _, state, note in runs()}
    assert set(states) == {"held", "drafted"}
    assert "61 minutes late, the limit is 60" in states["held"]
    assert "digest schedule run punctual --as-of 2026-01-05T07:00:00+00:00" in states["held"]


def test_a_held_run_is_not_acted_on_later(store: Store, enter: Enter) -> None:
    enter()
    drafts = Drafts()
    tick(store, MONDAY + timedelta(hours=19), drafts)
    tick(store, MONDAY + timedelta(hours=20), drafts)
    assert drafts.calls == []


def test_when_the_action_breaks_nothing_of_the_turn_is_kept_and_the_next_tick_tries_again(
    store: Store, enter: Enter, runs: Runs, caplog: pytest.LogCaptureFixture
) -> None:
    enter()
    breaks = Breaks("weekly")
    with caplog.at_level(logging.ERROR):
        results = tick(store, MONDAY + WEEK, breaks)
    assert runs() == []
    assert _limits(store) == {"weekly": 180}
    assert [type(one) for one in results] == [FailedTick]
    assert "schedule weekly: no template" in caplog.text

    breaks.for_name = None
    tick(store, MONDAY + WEEK + MINUTE, breaks)
    assert [state for _, state, _ in runs()] == ["missed", "drafted"]
    assert _limits(store) == {"weekly": 181}


def test_a_schedule_that_breaks_does_not_take_the_others_turn(store: Store, enter: Enter) -> None:
    for name in ("alpha", "beta", "gamma"):
        enter(name)
    results = tick(store, MONDAY, Breaks("beta"))
    assert {one.schedule: type(one) for one in results} == {
        "alpha": RunResult,
        "beta": FailedTick,
        "gamma": RunResult,
    }


def test_an_action_that_never_works_ends_as_held(store: Store, enter: Enter, runs: Runs) -> None:
    enter(late_limit_minutes=2)
    for minutes in range(4):
        tick(store, MONDAY + minutes * MINUTE, Breaks("weekly"))
    assert [state for _, state, _ in runs()] == ["held"]


def test_an_action_may_not_leave_a_run_held(store: Store, enter: Enter, runs: Runs) -> None:
    enter()

    def holds(_session: Session, _schedule: Schedule, _due_at: datetime) -> RunOutcome:
        return RunOutcome(RunState.HELD, "")

    assert [type(one) for one in tick(store, MONDAY, holds)] == [FailedTick]
    assert runs() == []


def test_a_rule_spoilt_in_the_database_is_reported_and_the_others_run(
    store: Store, enter: Enter
) -> None:
    enter("good")
    enter("spoilt")
    with store.write() as session:
        registry.find_schedule(session, "spoilt").cron = "whenever"
    results = tick(store, MONDAY, Drafts())
    assert {one.schedule: type(one) for one in results} == {"good": RunResult, "spoilt": FailedTick}


def test_a_schedule_switched_off_does_not_act(store: Store, enter: Enter) -> None:
    enter()
    with store.write() as session:
        registry.update_schedule(session, "weekly", MONDAY - MINUTE, active=False)
    assert tick(store, MONDAY, Drafts()) == []


def test_a_rule_that_slept_for_a_year_makes_no_flood(
    store: Store, enter: Enter, runs: Runs
) -> None:
    """Half a million minutes passed; one acts, and a bounded number is written down."""
    enter(cron="* * * * *")
    drafts = Drafts()
    now = MONDAY + timedelta(days=365)
    tick(store, now, drafts)
    assert drafts.calls == [("weekly", now)]
    assert len(runs()) == MAX_MISSED + 1
    tick(store, now + MINUTE, drafts)
    assert len(runs()) == MAX_MISSED + 2


@pytest.mark.parametrize(
    ("night", "local"),
    [("2026-03-28 23:00", ["03:30 CEST"]), ("2026-10-24 22:00", ["02:30 CEST"])],
)
def test_each_night_in_which_the_clocks_change_has_one_run_at_half_past_two(
    store: Store, enter: Enter, runs: Runs, night: str, local: list[str]
) -> None:
    """Ticking every ten minutes through the night that skips 02:30 and the one that repeats it."""
    with freeze_time(night) as frozen:
        enter(cron="30 2 * * *", created=datetime.now(UTC))
        drafts = Drafts()
        acted_at = []
        for _ in range(6 * 12):
            if tick(store, datetime.now(UTC), drafts):
                acted_at.append(datetime.now(UTC))
            frozen.tick(timedelta(minutes=10))
    berlin = ZoneInfo("Europe/Berlin")
    assert [f"{moment.astimezone(berlin):%H:%M %Z}" for moment in acted_at] == local
    assert [state for _, state, _ in runs()] == ["drafted"]


def test_two_schedulers_ticking_at_the_same_moment_act_once(
    store: Store, enter: Enter, runs: Runs
) -> None:
    """Five weeks, four threads each; every thread sees the due time and one gets it."""
    enter()
    drafts = Drafts()
    for week in range(5):
        gate = threading.Barrier(4)

        def race(now: datetime, gate: threading.Barrier) -> None:
            gate.wait()
            tick(store, now, drafts)

        now = MONDAY + week * WEEK
        threads = [threading.Thread(target=race, args=(now, gate)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert drafts.calls == [("weekly", MONDAY + week * WEEK) for week in range(5)]
    assert [state for _, state, _ in runs()] == ["drafted"] * 5


def _limits(store: Store) -> dict[str, int]:
    with store.read() as session:
        return {one.name: one.late_limit_minutes for one in registry.all_schedules(session)}
