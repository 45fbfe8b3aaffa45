"""The unique Run on both databases: taken once, also when two take it at the same moment."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from schedules import registry
from schedules.manual_run import run_now
from schedules.runner import RunOutcome, tick
from schedules.runs import claim, last_due
from schedules.tables import Run, RunState, Schedule
from store.engine import Store

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MONDAY = datetime(2026, 1, 5, 7, tzinfo=UTC)
WEEK = timedelta(weeks=1)
BODY_TIMEOUT = 120


@pytest.fixture
def weekly(store: Store) -> Schedule:
    with store.write() as session:
        return registry.add_schedule(session, "weekly", "0 8 * * mon", "Europe/Berlin", NOW)


def drafts(_session: Session, _schedule: Schedule, _due_at: datetime) -> RunOutcome:
    return RunOutcome(RunState.DRAFTED, "issue 1")


def states(store: Store) -> list[tuple[datetime, str]]:
    with store.read() as session:
        runs = session.exec(select(Run).order_by(Run.due_at)).all()
        return [(run.due_at, run.state) for run in runs]


def test_a_due_time_is_claimed_once_and_the_transaction_goes_on(
    store: Store, weekly: Schedule
) -> None:
    """The second claim gets nothing, and what its transaction did besides is kept."""
    with store.write() as session:
        assert claim(session, weekly, MONDAY, RunState.HELD, note="", now=NOW) is not None
    with store.write() as session:
        assert claim(session, weekly, MONDAY, RunState.DRAFTED, note="", now=NOW) is None
        assert claim(session, weekly, MONDAY + WEEK, RunState.MISSED, note="", now=NOW) is not None
    assert states(store) == [(MONDAY, "held"), (MONDAY + WEEK, "missed")]


def test_a_claim_for_a_schedule_that_is_gone_is_an_error(store: Store) -> None:
    gone = Schedule(id=99, name="gone", cron="0 8 * * mon", zone="UTC", created_at=NOW)
    with pytest.raises(IntegrityError), store.write() as session:
        claim(session, gone, MONDAY, RunState.HELD, note="", now=NOW)


def test_the_last_due_time_is_an_aware_utc_time_and_ignores_those_ahead(
    store: Store, weekly: Schedule
) -> None:
    with store.write() as session:
        assert last_due(session, weekly, MONDAY) is None
        for due_at in (MONDAY, MONDAY + WEEK):
            claim(session, weekly, due_at, RunState.DRAFTED, note="", now=NOW)
    with store.read() as session:
        last = last_due(session, weekly, MONDAY + timedelta(days=1))
        assert last == MONDAY
        assert last is not None
        assert last.utcoffset() == timedelta(0)


def test_a_note_longer_than_its_column_is_cut(store: Store, weekly: Schedule) -> None:
    def wordy(_session: Session, _schedule: Schedule, _due_at: datetime) -> RunOutcome:
        return RunOutcome(RunState.SKIPPED, "x" * 2000)

    tick(store, MONDAY, wordy)
    with store.read() as session:
        assert session.exec(select(Run.note)).one() == "x" * 500


def test_the_run_and_what_the_action_wrote_are_rolled_back_together(
    store: Store, weekly: Schedule
) -> None:
    def breaks(session: Session, schedule: Schedule, _due_at: datetime) -> RunOutcome:
        schedule.late_limit_minutes = 1
        session.flush()
        raise RuntimeError("no template")

    tick(store, MONDAY, breaks)
    assert states(store) == []
    with store.read() as session:
        assert registry.find_schedule(session, "weekly").late_limit_minutes == 180
    tick(store, MONDAY, drafts)
    assert states(store) == [(MONDAY, "drafted")]


def test_who_ticks_second_waits_for_the_first_and_does_nothing(
    store: Store, weekly: Schedule
) -> None:
    """The second tick starts while the first one's action is under way, before its commit."""
    acting, may_end = threading.Event(), threading.Event()
    calls: list[str] = []

    def slow(_session: Session, _schedule: Schedule, _due_at: datetime) -> RunOutcome:
        calls.append(threading.current_thread().name)
        acting.set()
        may_end.wait(BODY_TIMEOUT)
        return RunOutcome(RunState.DRAFTED, "issue 1")

    first = threading.Thread(target=tick, args=(store, MONDAY, slow), name="first")
    second = threading.Thread(target=tick, args=(store, MONDAY, slow), name="second")
    first.start()
    assert acting.wait(BODY_TIMEOUT)
    second.start()
    second.join(0.2)  # long enough to reach the insert; what is asserted holds either way
    waited = second.is_alive()
    may_end.set()
    first.join(BODY_TIMEOUT)
    second.join(BODY_TIMEOUT)
    assert waited
    assert calls == ["first"]
    assert states(store) == [(MONDAY, "drafted")]


def test_who_ticks_second_acts_if_the_first_is_rolled_back(store: Store, weekly: Schedule) -> None:
    acting, may_end = threading.Event(), threading.Event()

    def breaks(_session: Session, _schedule: Schedule, _due_at: datetime) -> RunOutcome:
        acting.set()
        may_end.wait(BODY_TIMEOUT)
        raise RuntimeError("killed")

    first = threading.Thread(target=tick, args=(store, MONDAY, breaks))
    second = threading.Thread(target=tick, args=(store, MONDAY, drafts))
    first.start()
    assert acting.wait(BODY_TIMEOUT)
    second.start()
    may_end.set()
    first.join(BODY_TIMEOUT)
    second.join(BODY_TIMEOUT)
    assert states(store) == [(MONDAY, "drafted")]


def test_many_schedulers_at_once_act_once_a_due_time(store: Store, weekly: Schedule) -> None:
    """Three due times are open: four threads write one drafted Run and two missed ones."""
    calls: list[datetime] = []
    gate = threading.Barrier(4)

    def counts(_session: Session, _schedule: Schedule, due_at: datetime) -> RunOutcome:
        calls.append(due_at)
        return RunOutcome(RunState.DRAFTED, "")

    def race() -> None:
        gate.wait()
        tick(store, MONDAY + 2 * WEEK, counts)

    threads = [threading.Thread(target=race) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(BODY_TIMEOUT)
    assert calls == [MONDAY + 2 * WEEK]
    assert [state for _, state in states(store)] == ["missed", "missed", "drafted"]


def test_two_runs_by_hand_at_once_act_once(store: Store, weekly: Schedule) -> None:
    """A held Run: both find it, one drafts it, the other is told that it was drafted."""
    tick(store, MONDAY + timedelta(days=1), drafts)
    assert states(store) == [(MONDAY, "held")]
    gate = threading.Barrier(2)
    acted: list[bool] = []

    def race() -> None:
        gate.wait()
        acted.append(run_now(store, "weekly", MONDAY, MONDAY + WEEK / 2, drafts).acted)

    threads: list[threading.Thread] = [threading.Thread(target=race) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(BODY_TIMEOUT)
    assert sorted(acted) == [False, True]
    assert states(store) == [(MONDAY, "drafted")]
