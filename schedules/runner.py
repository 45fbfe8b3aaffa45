"""Runs one tick: acts once on what has come due, and records the due times that were missed.

The Run and what it sets off commit together, or not at all: `act` is called in the transaction
that has just inserted the unique Run. A second scheduler waits for that transaction, finds
the Run taken and does nothing. Clock and timers are in `schedules.scheduler`.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from schedules.registry import wake
from schedules.runs import claim, last_due, plan_send, settle
from schedules.tables import Run, RunState, Schedule
from schedules.timetable import recurrence_of
from store.engine import Store
from store.times import utc

MAX_MISSED = 50
"""How many missed due times one tick records; a rule for every minute, stopped for a year, would
otherwise make half a million rows. Older ones leave no Run.
"""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """What `act` did: RunState.DRAFTED or RunState.SKIPPED, and a note for the editor."""

    state: RunState
    note: str = ""


RunAction = Callable[[Session, Schedule, datetime], RunOutcome]
"""Given the transaction (never to be committed by it), the schedule and the due time in UTC."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """A due time that got its Run in this tick, and what became of it."""

    schedule: str
    due_at: datetime
    state: RunState
    note: str


@dataclass(frozen=True, slots=True)
class FailedTick:
    """A schedule that failed in this tick and was rolled back; the next tick tries again."""

    schedule: str
    error: Exception


def tick(store: Store, now: datetime, act: RunAction) -> list[RunResult | FailedTick]:
    """Run every active schedule that is due, in a transaction each; newest due time last.

    The newest due time up to `now` is acted on, unless it is later than the schedule allows
    (HELD); older ones without a Run become MISSED. An error in one turn is logged and returned,
    and the others still get theirs. That the database is away is logged once, by `store.outage`.
    """
    now = utc(now)
    results: list[RunResult | FailedTick] = []
    _wake_paused(store, now, results)
    for schedule in _due_schedules(store, now, results):
        try:
            with store.write() as session:
                results += _turn(session, schedule.id, now, act)
        except Exception as error:  # noqa: BLE001 - whatever act raises, the others get their turn
            is_told = store.outage.notice(error)
            results.append(
                FailedTick(schedule.name, error) if is_told else _failed(schedule.name, error)
            )
    return results


def due_since(session: Session, schedule: Schedule, until: datetime, count: int) -> list[datetime]:
    """Return the last `count` due times up to `until` that are newer than any Run, in order."""
    last = last_due(session, schedule, until)
    # A manual Run for a time before the schedule existed doesn't make that time due.
    # Nor is a schedule silent that was added while a clock was ahead, once it has run.
    after = schedule.created_at
    if last is not None and (after < last or after > until):
        after = last
    return recurrence_of(schedule).previous(until, count, after)


def mark_missed(
    session: Session, schedule: Schedule, older: list[datetime], now: datetime
) -> list[RunResult]:
    """Record MISSED Runs for `older`; a due time that has a Run keeps it."""
    note = "passed over: a newer due time had come up as well"
    return [
        RunResult(schedule.name, due_at, RunState.MISSED, note)
        for due_at in older
        if claim(session, schedule, due_at, RunState.MISSED, note=note, now=now)
    ]


def perform(
    session: Session, schedule: Schedule, run: Run, now: datetime, act: RunAction
) -> RunOutcome:
    """Call `act` for `run`'s due time, and store in `run` what it did."""
    outcome = act(session, schedule, run.due_at)
    if outcome.state not in {RunState.DRAFTED, RunState.SKIPPED}:
        raise ValueError(f"an action leaves a run drafted or skipped, not {outcome.state}")
    settle(run, outcome.state, outcome.note, now)
    if outcome.state == RunState.DRAFTED:
        plan_send(schedule, run)
    return outcome


def _wake_paused(store: Store, now: datetime, results: list[RunResult | FailedTick]) -> None:
    """Make schedules active whose pause has ended, as of its end."""
    ended = select(Schedule).where(
        col(Schedule.active).is_(False),
        col(Schedule.removed_at).is_(None),
        col(Schedule.paused_until) <= now,
    )
    with store.read() as session:
        if session.exec(ended.limit(1)).first() is None:
            return
    with store.write() as session:
        locked = ended.with_for_update().execution_options(populate_existing=True)
        for schedule in session.exec(locked).all():
            try:
                wake(session, schedule, schedule.paused_until or now, now)
            except ValueError as error:  # a rule that was edited in the database
                results.append(_failed(schedule.name, error))


def _due_schedules(
    store: Store, now: datetime, results: list[RunResult | FailedTick]
) -> list[Schedule]:
    """Return schedules that are due; only reads, so that an idle tick never waits for a lock."""
    due: list[Schedule] = []
    with store.read() as session:
        active = select(Schedule).where(col(Schedule.active)).order_by(Schedule.name)
        for schedule in session.exec(active).all():
            try:
                if due_since(session, schedule, now, 1):
                    due.append(schedule)
            except ValueError as error:  # a rule that was edited in the database
                results.append(_failed(schedule.name, error))
        session.expunge_all()
    return due


def _turn(
    session: Session, schedule_id: int | None, now: datetime, act: RunAction
) -> list[RunResult]:
    # Locked, so that a change of the schedule comes before its turn or after it.
    schedule = session.get(Schedule, schedule_id, with_for_update=True)
    if schedule is None or not schedule.active:
        return []
    due = due_since(session, schedule, now, MAX_MISSED + 1)
    if not due:
        return []
    *older, newest = due
    late_limit = timedelta(minutes=schedule.late_limit_minutes)
    late = now - newest > late_limit
    note = _late_note(schedule, newest, now - newest) if late else "being drafted"
    # The newest first: it is what two schedulers compete for, so neither writes half a turn.
    run = claim(session, schedule, newest, RunState.HELD, note=note, now=now)
    if run is None:
        return []
    missed = mark_missed(session, schedule, older, now)
    if late:
        return [*missed, RunResult(schedule.name, newest, RunState.HELD, note)]
    outcome = perform(session, schedule, run, now, act)
    return [*missed, RunResult(schedule.name, newest, outcome.state, outcome.note)]


def _late_note(schedule: Schedule, due_at: datetime, late: timedelta) -> str:
    return (
        f"{int(late.total_seconds() // 60)} minutes late, the limit is "
        f"{schedule.late_limit_minutes}; to draft it all the same: "
        f"digest schedule run {schedule.name} --as-of {due_at.isoformat()}"
    )


def _failed(name: str, error: Exception) -> FailedTick:
    _logger.error("schedule %s: %s; the next tick tries again", name, error, exc_info=error)
    return FailedTick(name, error)
