"""Runs a schedule manually: the editor decides, whatever the late limit or an earlier run said."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from schedules.cron import ScheduleError
from schedules.registry import find_schedule
from schedules.runner import MAX_MISSED, RunAction, due_since, mark_missed, perform
from schedules.runs import claim, run_at
from schedules.tables import Run, RunState, Schedule
from schedules.timetable import recurrence_of
from store.engine import Store
from store.times import utc

SETTLED = (RunState.DRAFTED, RunState.SKIPPED)


@dataclass(frozen=True, slots=True)
class ManualRun:
    """The result of a manual run; `acted` is False if that due time was acted on before."""

    schedule: str
    due_at: datetime
    state: RunState
    note: str
    acted: bool


def run_now(store: Store, name: str, as_of: datetime, now: datetime, act: RunAction) -> ManualRun:
    """Act on the newest due time up to `as_of`, whether or not it was held or missed.

    One that was drafted or skipped is left alone and returned with `acted` False. An error of
    `act` is raised, with nothing written. Raises ScheduleError for an unknown name, or if
    no due time lies before `as_of`.
    """
    with store.write() as session:
        schedule = find_schedule(session, name, lock=True)
        due = recurrence_of(schedule).previous(utc(as_of))
        if not due:
            raise ScheduleError(
                f"schedule {name}: found nothing due up to {as_of.isoformat()}, "
                "expected a later time"
            )
        # Before the claim, which would hide them. A run ahead of its time marks none as missed.
        older = due_since(session, schedule, due[0], MAX_MISSED + 1) if due[0] <= now else []
        run = _take(session, schedule, due[0], now)
        if run.state in SETTLED:
            return ManualRun(name, run.due_at, RunState(run.state), run.note, acted=False)
        mark_missed(session, schedule, [one for one in older if one < due[0]], now)
        outcome = perform(session, schedule, run, now, act)
        if run.send_at is not None and run.send_at <= now:
            run.send_at = run.send_state = run.if_unapproved = None  # an editor sends it
        return ManualRun(name, run.due_at, outcome.state, outcome.note, acted=True)


def _take(session: Session, schedule: Schedule, due_at: datetime, now: datetime) -> Run:
    note = "being drafted manually"
    run = claim(session, schedule, due_at, RunState.HELD, note=note, now=now)
    # Somebody else's Run: committed by now, since the claim waited for it.
    taken = run or run_at(session, schedule, due_at)
    if taken is None:
        raise ScheduleError(f"schedule {schedule.name}: its run was removed meanwhile; try again")
    return taken
