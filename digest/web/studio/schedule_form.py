"""Reads a schedule from a form's fields, and the fields from a schedule.

A rule is a choice of days and a time of day, or, where that does not say it, a cron rule. What a
schedule may be is decided by `schedules.properties`; no number and no time is refused here.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from schedules.cron import Cron, ScheduleError, parse_cron, quoted
from schedules.properties import Properties
from schedules.tables import Approval, Schedule, Unapproved

OTHER = "cron"
"""The choice of days that stands for a cron rule."""
AUTOMATIC = "automatic"
"""The choice of send days that stands for: at once, without an editor."""
DAYS: Mapping[str, str] = {
    "* * mon": "Mondays",
    "* * tue": "Tuesdays",
    "* * wed": "Wednesdays",
    "* * thu": "Thursdays",
    "* * fri": "Fridays",
    "* * sat": "Saturdays",
    "* * sun": "Sundays",
    "* * mon-fri": "Monday to Friday",
    "* * *": "Every day",
    "* * mon#1": "The first Monday of the month",
    "1 * *": "The 1st of the month",
}
"""Days in words, by the last three fields of a cron rule."""
UNAPPROVED: Mapping[str, str] = {
    Unapproved.HOLD: "It is held, and an editor decides",
    Unapproved.SEND: "It goes out all the same, if no check blocks",
    Unapproved.SKIP: "It is skipped; its comparisons are free for the next one",
}
FREQUENCIES: Mapping[str, str] = {
    "every": "every issue",
    "weekly": "one a week",
    "monthly": "one a month",
}
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_NUMBERS = {
    "late_limit_minutes": "late limit",
    "first_days": "first days",
    "min_picks": "smallest number of picks",
    "max_picks": "largest number of picks",
}
FIELDS = (
    *("name", "days", "time", "cron", "zone", "send", "send_time", "send_cron"),
    *("if_unapproved", "four_eyes", "frequency", *_NUMBERS),
)
_MAX_DIGITS = 9
_BY_DEFAULT = Schedule.model_fields


def fields_of(schedule: Schedule) -> dict[str, str]:
    """Return the fields of the form that would make this schedule."""
    days, time = _days_and_time(schedule.cron)
    fields = {
        **typed_fields({}),
        "name": schedule.name,
        "days": days,
        "time": time,
        "cron": schedule.cron,
        "zone": schedule.zone,
        "send": AUTOMATIC if schedule.approval == Approval.AUTOMATIC else "",
        "send_time": time,
        "if_unapproved": str(schedule.if_unapproved),
        "four_eyes": "yes" if schedule.four_eyes else "",
        "frequency": schedule.frequency,
    }
    if schedule.send_cron:
        fields["send"], fields["send_time"] = _days_and_time(schedule.send_cron)
        fields["send_cron"] = schedule.send_cron
    for name in _NUMBERS:
        value = getattr(schedule, name)
        fields[name] = "" if value is None else str(value)
    return fields


def new_fields(zone: str) -> dict[str, str]:
    """Return the fields of the form that adds a schedule, as `digest schedule add` has them."""
    return {
        **typed_fields({}),
        "days": "* * mon",
        "time": "08:00",
        "zone": zone,
        "send_time": "08:00",
        "if_unapproved": str(Unapproved.HOLD),
        "frequency": str(_BY_DEFAULT["frequency"].default),
        "late_limit_minutes": str(_BY_DEFAULT["late_limit_minutes"].default),
        "min_picks": str(_BY_DEFAULT["min_picks"].default),
    }


def typed_fields(given: Mapping[str, str]) -> dict[str, str]:
    """Return every field of the form as it was typed; what is left out is empty."""
    return {name: given.get(name, "") for name in FIELDS}


def read_rule(given: Mapping[str, str]) -> tuple[str, str]:
    """Return the cron rule of its drafts and the zone. Raises ScheduleError for no time."""
    return _rule(given, given.get("days", ""), "draft"), given.get("zone", "").strip()


def read_properties(given: Mapping[str, str]) -> Properties:
    """Return what the fields say beside the rule. Raises ScheduleError for no number or time."""
    send = given.get("send", "")
    send_cron = _rule(given, send, "send") if send not in ("", AUTOMATIC) else None
    policy = given.get("if_unapproved", "")
    if policy not in UNAPPROVED:
        expected = f"expected one of {', '.join(Unapproved)}"
        raise ScheduleError(f"if unapproved: found {quoted(policy)}, {expected}")
    said: Properties = {
        "approval": Approval.AUTOMATIC if send == AUTOMATIC else Approval.WAIT,
        "send_cron": send_cron,
        "if_unapproved": Unapproved(policy) if send_cron else Unapproved.HOLD,
        "four_eyes": bool(given.get("four_eyes")),
        "frequency": given.get("frequency", ""),
        "first_days": _number(given, "first_days"),
        "max_picks": _number(given, "max_picks"),
    }
    if (minutes := _number(given, "late_limit_minutes")) is not None:
        said["late_limit_minutes"] = minutes
    if (least := _number(given, "min_picks")) is not None:
        said["min_picks"] = least
    return said


def _rule(given: Mapping[str, str], days: str, which: str) -> str:
    """Return the cron rule of the days that were chosen, or the one that was typed."""
    prefix = "send_" if which == "send" else ""
    if days not in DAYS:
        return given.get(f"{prefix}cron", "").strip()
    typed = given.get(f"{prefix}time", "").strip()
    time = _TIME.fullmatch(typed)
    if time is None:
        raise ScheduleError(f"{which} time: found {quoted(typed)}, expected a time such as 08:00")
    return f"{int(time[2])} {int(time[1])} {days}"


def _number(given: Mapping[str, str], name: str) -> int | None:
    """Return a number, None where the field is empty. Raises ScheduleError."""
    text = given.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS):
        raise ScheduleError(f"{_NUMBERS[name]}: found {quoted(text)}, expected a number")
    return int(text)


def _days_and_time(rule: str) -> tuple[str, str]:
    """Return the choice of days and the time that a rule means; `OTHER` where none does."""
    cron = parse_cron(rule)
    if len(cron.hours) == len(cron.minutes) == 1:
        hour, minute = cron.hours[0], cron.minutes[0]
        for days in DAYS:
            if _same(parse_cron(f"{minute} {hour} {days}"), cron):
                return days, f"{hour:02}:{minute:02}"
    return OTHER, "08:00"


def _same(one: Cron, other: Cron) -> bool:
    """Return whether two rules come due at the same times, however they are written."""
    return replace(one, text=other.text) == other
