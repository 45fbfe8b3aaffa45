"""Reads what an editor is shown of each schedule: next due times, dates it rests on, runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo

from sqlmodel import Session, col, select

from digest.issues.tables import Issue, IssueState
from digest.pipeline.run_history import RunRecord, run_history
from schedules.registry import all_schedules
from schedules.tables import Approval, Schedule, SendState
from schedules.timetable import next_due_times, next_words, recurrence_of, schedule_words
from schedules.words import moment_words, skipped_words

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
    skipped: tuple[tuple[str, str], ...]
    """The dates that it rests on, each as it was written and in words."""
    scheduled: tuple[tuple[int, str], ...]
    """Its issues that go out at a time already, each with that time in words."""
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
        words=schedule_words(schedule, skipped_words),
        next_words=next_words(schedule, now),
        zone=schedule.zone,
        is_paused=not schedule.active,
        approves_itself=schedule.approval == Approval.AUTOMATIC,
        four_eyes=schedule.four_eyes,
        due=tuple(_due(schedule, at) for at in next_due_times(schedule, now, NEXT)),
        skipped=tuple((one, skipped_words(one)) for one in recurrence.skipped.texts),
        scheduled=tuple(_scheduled(session, schedule.name, recurrence.zone)),
        runs=tuple((moment_words(one.due_at, recurrence.zone), one) for one in runs),
        held=() if schedule.active else tuple(waiting),
    )


def _scheduled(session: Session, series: str, zone: tzinfo) -> Iterator[tuple[int, str]]:
    rows = session.exec(
        select(Issue)
        .where(Issue.series == series, Issue.state == IssueState.SCHEDULED)
        .order_by(col(Issue.send_at))
    )
    for issue in rows:
        if issue.number and issue.send_at:
            yield issue.number, moment_words(issue.send_at, zone)


def _due(schedule: Schedule, at: datetime) -> DueTime:
    recurrence = recurrence_of(schedule)
    zone, sent = recurrence.zone, recurrence.send_time(at)
    day = at.astimezone(zone).date().isoformat()
    return DueTime(at, moment_words(at, zone), moment_words(sent, zone) if sent else "", day)
