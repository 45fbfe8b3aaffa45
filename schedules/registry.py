"""Adds, finds, lists and updates schedules, and validates what they are given."""

import re
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from schedules.cron import ScheduleError, quoted
from schedules.recurrence import Recurrence
from schedules.runs import claim
from schedules.tables import Approval, RunState, Schedule
from store.times import utc

FREQUENCIES = ("every", "weekly", "monthly")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LONGEST_NAME = 60
_LONGEST_LIMIT = 366 * 24 * 60


def add_schedule(
    session: Session,
    name: str,
    cron: str,
    zone: str,
    now: datetime,
    *,
    approval: Approval = Approval.WAIT,
    late_limit_minutes: int = 180,
    frequency: str = "weekly",
    first_days: int | None = None,
    four_eyes: bool = False,
) -> Schedule:
    """Add an active schedule; its first due time is the first after `now`. Raises ScheduleError."""
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        raise ScheduleError(
            f"schedule name: found {quoted(name)}, expected lower-case letters, digits and "
            f"dashes, {_LONGEST_NAME} at most, such as weekly-digest"
        )
    _check_eyes(approval, four_eyes=four_eyes)
    recurrence = Recurrence.parse(cron, zone)
    schedule = Schedule(
        name=name,
        cron=recurrence.cron.text,
        zone=zone,
        approval=approval,
        late_limit_minutes=_checked_limit(late_limit_minutes),
        frequency=_checked_frequency(frequency),
        first_days=first_days,
        four_eyes=four_eyes,
        created_at=utc(now),
    )
    try:
        with session.begin_nested():
            session.add(schedule)
    except IntegrityError:
        raise ScheduleError(
            f"schedule name: found '{name}', which is taken; expected another name"
        ) from None
    return schedule


def find_schedule(session: Session, name: str) -> Schedule:
    """Return the schedule called `name`. Raises ScheduleError, which lists the names there are."""
    schedule = session.exec(select(Schedule).where(Schedule.name == name)).one_or_none()
    if schedule is None:
        names = ", ".join(other.name for other in all_schedules(session)[:10])
        there = f"one of {names}" if names else "one that was added before (there is none yet)"
        raise ScheduleError(f"schedule: found {quoted(name)}, expected {there}")
    return schedule


def all_schedules(session: Session) -> list[Schedule]:
    """Return every schedule, active or not, by name."""
    return list(session.exec(select(Schedule).order_by(Schedule.name)).all())


def next_due_time(session: Session, name: str, after: datetime) -> datetime | None:
    """Return when the schedule `name` comes due next; None where there is none of that name."""
    schedule = session.exec(select(Schedule).where(Schedule.name == name)).first()
    if schedule is None:
        return None
    return next(iter(Recurrence.parse(schedule.cron, schedule.zone).next(utc(after))), None)


def update_schedule(
    session: Session,
    name: str,
    now: datetime,
    *,
    cron: str | None = None,
    zone: str | None = None,
    active: bool | None = None,
    approval: Approval | None = None,
    late_limit_minutes: int | None = None,
    four_eyes: bool | None = None,
) -> Schedule:
    """Change what is given. Raises ScheduleError.

    After a new rule, or when a schedule is switched on, nothing that came due before `now` is
    run: the newest such due time is recorded as missed, and the next one acts.
    """
    schedule = find_schedule(session, name)
    recurrence = Recurrence.parse(cron or schedule.cron, zone or schedule.zone)
    changed = (recurrence.cron.text, recurrence.zone.key) != (schedule.cron, schedule.zone)
    woken = active is True and not schedule.active
    schedule.cron, schedule.zone = recurrence.cron.text, recurrence.zone.key
    if active is not None:
        schedule.active = active
    if approval is not None:
        schedule.approval = approval
    if late_limit_minutes is not None:
        schedule.late_limit_minutes = _checked_limit(late_limit_minutes)
    if four_eyes is not None:
        schedule.four_eyes = four_eyes
    _check_eyes(Approval(schedule.approval), four_eyes=schedule.four_eyes)
    if changed or woken:
        reason = "the rule was changed" if changed else "the schedule was switched on"
        for due_at in recurrence.previous(now, 1, schedule.created_at):
            note = f"came due before {reason}"
            claim(session, schedule, due_at, RunState.MISSED, note=note, now=now)
    return schedule


def _check_eyes(approval: Approval, *, four_eyes: bool) -> None:
    if four_eyes and approval is Approval.AUTOMATIC:
        raise ScheduleError(
            "approval: found automatic with four eyes, expected one of them: no editor approves "
            "what goes out by itself"
        )


def _checked_frequency(frequency: str) -> str:
    if frequency not in FREQUENCIES:
        raise ScheduleError(
            f"frequency: found {quoted(frequency)}, expected one of {', '.join(FREQUENCIES)}"
        )
    return frequency


def _checked_limit(minutes: int) -> int:
    if not 0 < minutes <= _LONGEST_LIMIT:
        raise ScheduleError(
            f"late limit: found {minutes} minutes, expected 1 to {_LONGEST_LIMIT}, such as 180"
        )
    return minutes
