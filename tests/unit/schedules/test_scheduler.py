"""The process that ticks: it catches up, sees what is added later, and stops cleanly."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from sqlmodel import Session

from schedules import registry
from schedules.runner import RunOutcome
from schedules.scheduler import Scheduler, _next_due
from schedules.tables import RunState, Schedule
from store.engine import Store

Enter = Callable[..., None]

MONDAY = datetime(2026, 1, 5, 7, tzinfo=UTC)
PATIENCE = 120
"""Seconds after which a test gives up; none waits that long when all is well."""
QUICK = timedelta(milliseconds=20)
NEVER = timedelta(days=1)


class Watched:
    """An action that can be waited for."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.acted = threading.Semaphore(0)

    def __call__(self, _session: Session, schedule: Schedule, _due_at: datetime) -> RunOutcome:
        self.names.append(schedule.name)
        self.acted.release()
        return RunOutcome(RunState.DRAFTED, "")


@pytest.fixture
def started(store: Store) -> Iterator[Callable[..., Scheduler]]:
    made: list[Scheduler] = []

    def start(act: Watched, now: datetime = MONDAY, heartbeat: timedelta = NEVER) -> Scheduler:
        made.append(Scheduler(store, act, lambda: now, heartbeat))
        made[-1].start()
        return made[-1]

    yield start
    for scheduler in made:
        scheduler.stop()


def test_what_came_due_while_nothing_ran_is_caught_up_at_the_start(
    enter: Enter, started: Callable[..., Scheduler]
) -> None:
    enter()
    act = Watched()
    started(act)
    assert act.acted.acquire(timeout=PATIENCE)


def test_what_came_of_a_run_is_logged(
    enter: Enter, started: Callable[..., Scheduler], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "schedules")
    enter()
    act = Watched()
    scheduler = started(act)
    assert act.acted.acquire(timeout=PATIENCE)
    scheduler.stop()
    assert [one.getMessage() for one in caplog.records] == [
        "schedule weekly: run of 2026-01-05 07:00 UTC drafted"
    ]


def test_a_schedule_added_by_another_process_is_seen_at_the_next_heartbeat(
    enter: Enter, started: Callable[..., Scheduler]
) -> None:
    enter("first")
    act = Watched()
    started(act, heartbeat=QUICK)
    assert act.acted.acquire(timeout=PATIENCE)
    enter("second")
    assert act.acted.acquire(timeout=PATIENCE)
    assert act.names == ["first", "second"]


def test_a_timer_goes_off_at_the_due_time_without_waiting_for_the_heartbeat(
    enter: Enter, store: Store
) -> None:
    """The first tick comes a minute too early; the timer it sets, for a time long gone, acts."""
    due_at = datetime(2020, 1, 6, 7, tzinfo=UTC)
    enter(created=due_at - timedelta(days=1))
    act = Watched()
    early = iter([due_at - timedelta(minutes=1)] * 2)
    scheduler = Scheduler(store, act, lambda: next(early, due_at), NEVER)
    scheduler.start()
    try:
        assert act.acted.acquire(timeout=PATIENCE)
    finally:
        scheduler.stop()


def test_an_action_that_breaks_does_not_end_the_heartbeat(
    enter: Enter, store: Store, started: Callable[..., Scheduler]
) -> None:
    enter()
    tries = threading.Semaphore(0)

    def breaks(_session: Session, _schedule: Schedule, _due_at: datetime) -> RunOutcome:
        tries.release()
        raise RuntimeError("no template")

    started(breaks, heartbeat=QUICK)
    assert all(tries.acquire(timeout=PATIENCE) for _ in range(3))


def test_stopping_waits_for_the_tick_in_progress_and_may_be_repeated(
    enter: Enter, store: Store
) -> None:
    enter()
    began, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def slow(_session: Session, _schedule: Schedule, _due_at: datetime) -> RunOutcome:
        began.set()
        may_end.wait(PATIENCE)
        ended.set()
        return RunOutcome(RunState.DRAFTED, "")

    scheduler = Scheduler(store, slow, lambda: MONDAY, NEVER)
    scheduler.start()
    assert began.wait(PATIENCE)
    stopper = threading.Thread(target=scheduler.stop)
    stopper.start()
    may_end.set()
    stopper.join(PATIENCE)
    assert ended.is_set()
    scheduler.stop()


def test_an_exception_of_the_timers_own_ends_nothing(
    started: Callable[..., Scheduler], enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = BackgroundScheduler._process_jobs
    raised = threading.Event()

    def fail_once(self: BackgroundScheduler) -> object:
        if not raised.is_set():
            raised.set()
            raise JobLookupError("due weekly")
        return process(self)

    monkeypatch.setattr(BackgroundScheduler, "_process_jobs", fail_once)
    enter()
    act = Watched()
    started(act)
    assert act.acted.acquire(timeout=PATIENCE)
    assert raised.is_set()


def test_two_schedulers_over_one_database_act_once(
    enter: Enter, started: Callable[..., Scheduler]
) -> None:
    """The second one's catch-up finds the Run taken, whoever comes first."""
    for number in range(5):
        enter(f"schedule-{number}")
    act = Watched()
    pair = [started(act), started(act)]
    assert all(act.acted.acquire(timeout=PATIENCE) for _ in range(5))
    for scheduler in pair:
        scheduler.stop()
    assert sorted(act.names) == [f"schedule-{number}" for number in range(5)]


def test_timers_are_set_for_active_schedules_with_a_readable_rule(
    enter: Enter, store: Store
) -> None:
    for name in ("weekly", "asleep", "spoilt"):
        enter(name)
    with store.write() as session:
        for schedule in registry.all_schedules(session):
            schedule.active = schedule.name != "asleep"
            schedule.cron = "whenever" if schedule.name == "spoilt" else schedule.cron
    with store.read() as session:
        assert _next_due(session, MONDAY) == {"due weekly": MONDAY + timedelta(weeks=1)}
