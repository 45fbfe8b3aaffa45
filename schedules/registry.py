"""Adds, finds, lists, changes, pauses, resumes and removes schedules.

What changes a schedule locks its row, as the scheduler does while it acts on it: a change comes
before a run or after it, never in the middle.
"""

from datetime import datetime, timedelta
from typing import Unpack

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from schedules.cron import ScheduleError, quoted
from schedules.properties import Changes, Properties, check_name, set_properties
from schedules.recurrence import Recurrence
from schedules.runs import claim
from schedules.tables import RunState, Schedule
from schedules.timetable import next_due_times, recurrence_of
from store.times import utc

_INSTANT = timedelta(microseconds=1)
_TIMES = {"cron", "zone", "send_cron", "skipped_dates"}
"""Properties that say when it comes due."""


def add_schedule(
    session: Session,
    name: str,
    cron: str,
    zone: str,
    now: datetime,
    **properties: Unpack[Properties],
) -> Schedule:
    """Add an active schedule; its first due time is the first after `now`. Raises ScheduleError.

    The name of one that was removed may be taken again: its runs and issues go on with it.
    """
    check_name(name)
    given: Changes = {"cron": cron, "zone": zone, **properties}
    new = Schedule(name=name, cron=cron, zone=zone, created_at=utc(now))
    set_properties(new, given, utc(now))
    before = _find(session, name, lock=True)
    if before is None:
        try:
            with session.begin_nested():
                session.add(new)
        except IntegrityError:  # another process added it in this moment
            raise _taken(name) from None
        return new
    if before.removed_at is None:
        raise _taken(name)
    for column in Schedule.model_fields.keys() - {"id"}:
        setattr(before, column, getattr(new, column))
    session.add(before)
    session.flush()
    return before


def find_schedule(session: Session, name: str, *, lock: bool = False) -> Schedule:
    """Return the schedule called `name`. Raises ScheduleError, which lists the names there are.

    With `lock` its row is held until the transaction ends (on PostgreSQL).
    """
    schedule = _find(session, name, lock=lock)
    if schedule is None or schedule.removed_at is not None:
        names = ", ".join(other.name for other in all_schedules(session)[:10])
        there = f"one of {names}" if names else "one that was added before (there is none yet)"
        raise ScheduleError(f"schedule: found {quoted(name)}, expected {there}")
    return schedule


def find_past_schedule(session: Session, name: str) -> Schedule:
    """Return the schedule called `name`, removed or not. Raises ScheduleError."""
    return _find(session, name, lock=False) or find_schedule(session, name)


def all_schedules(session: Session) -> list[Schedule]:
    """Return every schedule, active or paused, by name; not those that were removed."""
    kept = select(Schedule).where(col(Schedule.removed_at).is_(None))
    return list(session.exec(kept.order_by(Schedule.name)).all())


def next_due_time(session: Session, name: str, after: datetime) -> datetime | None:
    """Return when the schedule `name` comes due next; None if never, or there is none."""
    schedule = _find(session, name, lock=False)
    return next(iter(next_due_times(schedule, utc(after))), None) if schedule else None


def update_schedule(
    session: Session,
    name: str,
    now: datetime,
    *,
    active: bool | None = None,
    **properties: Unpack[Changes],
) -> Schedule:
    """Change what is given. Raises ScheduleError, with nothing changed.

    With a new rule, nothing that only the new rule makes due before `now` is run: the newest such
    due time is recorded as missed. An issue that is drafted keeps the send time that it has.
    """
    schedule = find_schedule(session, name, lock=True)
    before = recurrence_of(schedule) if _TIMES & properties.keys() else None
    set_properties(schedule, properties, utc(now))
    session.add(schedule)
    if before is not None and recurrence_of(schedule) != before:
        _mark_new_missed(session, schedule, before, utc(now))
    if active is True:
        resume_schedule(session, name, now)
    elif active is False:
        pause_schedule(session, name, now)
    return schedule


def pause_schedule(
    session: Session, name: str, now: datetime, until: datetime | None = None
) -> Schedule:
    """Let nothing come due until `until`, or until it is resumed. Raises ScheduleError."""
    schedule = find_schedule(session, name, lock=True)
    if until is not None and utc(until) <= utc(now):
        raise ScheduleError(f"pause: found {until.isoformat()}, expected a time to come")
    schedule.active = False
    schedule.paused_until = utc(until) if until else None
    session.add(schedule)
    return schedule


def resume_schedule(session: Session, name: str, now: datetime) -> bool:
    """Let a paused schedule come due again; return whether it was paused. Raises ScheduleError.

    What came due before `now` is not run: the newest such due time is recorded as missed.
    """
    schedule = find_schedule(session, name, lock=True)
    if schedule.active:
        return False
    wake(session, schedule, utc(now), now)
    return True


def wake(session: Session, schedule: Schedule, since: datetime, now: datetime) -> None:
    """Make the row active from `since` on; the newest due time before it is recorded as missed."""
    schedule.active, schedule.paused_until = True, None
    session.add(schedule)
    note = "came due while the schedule was paused"
    _mark_newest_missed(session, schedule, since - _INSTANT, note, now)


def remove_schedule(session: Session, name: str, now: datetime) -> Schedule:
    """Let nothing come due ever again. Runs and issues stay. Raises ScheduleError."""
    schedule = find_schedule(session, name, lock=True)
    schedule.active, schedule.paused_until, schedule.removed_at = False, None, utc(now)
    session.add(schedule)
    return schedule


def _taken(name: str) -> ScheduleError:
    return ScheduleError(f"schedule name: found '{name}', which is taken; expected another name")


def _find(session: Session, name: str, *, lock: bool) -> Schedule | None:
    rule = select(Schedule).where(Schedule.name == name)
    if lock:
        # Refreshed, since it may have been read before the lock was waited for.
        rule = rule.with_for_update().execution_options(populate_existing=True)
    return session.exec(rule).one_or_none()


def _mark_new_missed(
    session: Session, schedule: Schedule, before: Recurrence, now: datetime
) -> None:
    """Record the newest due time that the old rule did not have; what it had is the tick's."""
    newest = recurrence_of(schedule).previous(now, 1, schedule.created_at)
    if newest and not before.due_times(newest[0] - _INSTANT, newest[0]):
        _mark_newest_missed(session, schedule, now, "came due before the rule was changed", now)


def _mark_newest_missed(
    session: Session, schedule: Schedule, until: datetime, note: str, now: datetime
) -> None:
    for due_at in recurrence_of(schedule).previous(until, 1, schedule.created_at):
        claim(session, schedule, due_at, RunState.MISSED, note=note, now=now, intended=True)
