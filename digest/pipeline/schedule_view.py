"""Reads what an editor is shown of each schedule: next due times, dates it rests on, runs."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from digest.pipeline.run_history import RunRecord, run_history
from schedules.registry import all_schedules
from schedules.tables import Approval, Schedule, SendState
from schedules.timetable import next_due_times, next_words, recurrence_of, schedule_words
from schedules.words import moment_words

NEXT, RUNS = 4, 8
_OPEN = (SendState.WAITING, SendState.SCHEDULED)


@dataclass(frozen=True, slots=True)
class DueTime:
    """A due time to come, and its send time, in words of the zone.

    `date` is what the schedule rests on if this one is skipped.
    """

    at: datetime
    words: str
    sends: str
    date: str


@dataclass(frozen=True, slots=True)
class ScheduleView:
    """A schedule as its editor finds it."""

    name: str
    words: str
    next_words: str
    zone: str
    is_paused: bool
    approves_itself: bool
    four_eyes: bool
    due: tuple[DueTime, ...]
    skipped: tuple[str, ...]
    runs: tuple[tuple[str, RunRecord], ...]
    """Each with its due time in words, the newest first."""
    held: tuple[int, ...]
    """Issues that a pause keeps from going out at their send times."""


def schedule_views(session: Session, now: datetime) -> list[ScheduleView]:
    """Return every schedule that was not removed, by name."""
    return [_view(session, one, now) for one in all_schedules(session)]


def _view(session: Session, schedule: Schedule, now: datetime) -> ScheduleView:
    recurrence = recurrence_of(schedule)
    runs = run_history(session, schedule.name, RUNS)
    waiting = [one.issue for one in runs if one.issue and one.send_state in _OPEN]
    return ScheduleView(
        name=schedule.name,
        words=schedule_words(schedule),
        next_words=next_words(schedule, now),
        zone=schedule.zone,
        is_paused=not schedule.active,
        approves_itself=schedule.approval == Approval.AUTOMATIC,
        four_eyes=schedule.four_eyes,
        due=tuple(_due(schedule, at) for at in next_due_times(schedule, now, NEXT)),
        skipped=recurrence.skipped.texts,
        runs=tuple((moment_words(one.due_at, recurrence.zone), one) for one in runs),
        held=() if schedule.active else tuple(waiting),
    )


def _due(schedule: Schedule, at: datetime) -> DueTime:
    recurrence = recurrence_of(schedule)
    zone, sent = recurrence.zone, recurrence.send_time(at)
    day = at.astimezone(zone).date().isoformat()
    return DueTime(at, moment_words(at, zone), moment_words(sent, zone) if sent else "", day)
