"""Validates what a schedule is given, each part and all of it together."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TypedDict

from schedules.cron import ScheduleError, quoted
from schedules.recurrence import LATEST, Recurrence
from schedules.tables import Approval, Schedule, Unapproved
from schedules.timetable import recurrence_of

FREQUENCIES = ("every", "weekly", "monthly")
MAX_PICKS = 100
"""Of one issue; more would be cut by every mail client."""
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LONGEST_NAME = 60
_LONGEST_LIMIT = 366 * 24 * 60
_LONGEST_REACH = 36_500
_HORIZON = timedelta(days=60 * 366)
"""The rarest rule, 29 February on one weekday, comes due within 40 years."""
_DUE_TIMES = 60


class Properties(TypedDict, total=False):
    """What a schedule can be given beside its rule; what is left out is as by default."""

    approval: Approval
    late_limit_minutes: int
    frequency: str
    first_days: int | None
    four_eyes: bool
    send_cron: str | None
    if_unapproved: Unapproved
    min_picks: int
    max_picks: int | None
    skipped_dates: Sequence[str]


class Changes(Properties, total=False):
    """What of a schedule can be changed; what is left out stays as it is."""

    cron: str
    zone: str


def check_name(name: str) -> str:
    """Return `name`. Raises ScheduleError for one that can't be a schedule's."""
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        raise ScheduleError(
            f"schedule name: found {quoted(name)}, expected lower-case letters, digits and "
            f"dashes, {_LONGEST_NAME} at most, such as weekly-digest"
        )
    return name


def set_properties(schedule: Schedule, given: Changes, now: datetime) -> None:
    """Set what is given in the row, normalized. Raises ScheduleError, with the row as it was."""
    changed = Schedule(**{**schedule.model_dump(), **given})
    recurrence = recurrence_of(changed)
    changed.cron, changed.zone = recurrence.cron.text, recurrence.zone.key
    changed.send_cron = recurrence.send.text if recurrence.send else None
    changed.skipped_dates = list(recurrence.skipped.texts)
    _check_numbers(changed)
    _check_approval(changed)
    _check_due(recurrence, now)
    for name in given:
        setattr(schedule, name, getattr(changed, name))


def _check_numbers(schedule: Schedule) -> None:
    if schedule.frequency not in FREQUENCIES:
        raise ScheduleError(
            f"frequency: found {quoted(schedule.frequency)}, "
            f"expected one of {', '.join(FREQUENCIES)}"
        )
    minutes, most = schedule.late_limit_minutes, schedule.max_picks
    if not 0 < minutes <= _LONGEST_LIMIT:
        raise ScheduleError(
            f"late limit: found {minutes} minutes, expected 1 to {_LONGEST_LIMIT}, such as 180"
        )
    if schedule.first_days is not None and not 0 < schedule.first_days <= _LONGEST_REACH:
        raise ScheduleError(
            f"first days: found {schedule.first_days}, expected 1 to {_LONGEST_REACH}"
        )
    for name, picks in (("smallest", schedule.min_picks), ("largest", most)):
        if picks is not None and not 0 < picks <= MAX_PICKS:
            raise ScheduleError(f"{name} number of picks: found {picks}, expected 1 to {MAX_PICKS}")
    if most is not None and most < schedule.min_picks:
        raise ScheduleError(
            f"picks: found at least {schedule.min_picks} and at most {most}, "
            "expected the smallest number first"
        )


def _check_approval(schedule: Schedule) -> None:
    sends = schedule.if_unapproved == Unapproved.SEND
    automatic = schedule.approval == Approval.AUTOMATIC
    if schedule.four_eyes and (automatic or sends):
        raise ScheduleError(
            "approval: found automatic with four eyes, expected one of them: no editor approves "
            "what goes out by itself"
        )
    if automatic and schedule.send_cron is not None:
        raise ScheduleError(
            "approval: found automatic with a send time, expected one of them: with a send time, "
            "say what becomes of an issue that is not approved by then (hold, send or skip)"
        )
    if schedule.send_cron is None and schedule.if_unapproved != Unapproved.HOLD:
        raise ScheduleError(
            f"if unapproved: found {schedule.if_unapproved} without a send time, expected a send "
            "time with it, such as '0 8 * * mon'"
        )


def _check_due(recurrence: Recurrence, now: datetime) -> None:
    """Raise ScheduleError if skipped dates leave nothing, or a send time comes too late."""
    until = min(now + _HORIZON, LATEST)
    if recurrence.skipped.texts and not recurrence.comes_due(now, until):
        raise ScheduleError(
            "skipped dates: found every date on which the rule comes due, expected some to be left"
        )
    if recurrence.send is None:
        return
    for due, following in pairwise(recurrence.next(now, _DUE_TIMES)):
        sent = recurrence.send_time(due)
        if sent is None or sent > following:
            raise ScheduleError(
                f"send time: found '{recurrence.send.text}', which comes after the next draft "
                f"('{recurrence.cron.text}'), expected a time between two drafts"
            )
