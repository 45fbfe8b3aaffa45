"""Parses a cron rule: five fields of text to the days, hours and minutes they name.

The fields and their meaning are crontab(5)'s: minute hour day month weekday; lists, ranges and
steps; names of months and weekdays; 0 and 7 are Sunday; and where both day fields are
restricted, a day that fits one of them is enough. `schedules.recurrence` adds the time zone.
"""

import calendar
from dataclasses import dataclass
from datetime import date

from store.errors import UserError

EXAMPLE = "0 8 * * mon"
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
MONTHS = tuple(name.lower() for name in calendar.month_abbr[1:])
_LONGEST_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MOST_CHARACTERS = 100


class ScheduleError(UserError, ValueError):
    """A rule, zone, name or limit that can't be used; one line: what was found, what expected."""


@dataclass(frozen=True, slots=True)
class _Field:
    """One field of a rule: its bounds, and names that count from `named_from`."""

    title: str
    lowest: int
    highest: int
    names: tuple[str, ...] = ()
    named_from: int = 0


_MINUTE = _Field("minute", 0, 59)
_HOUR = _Field("hour", 0, 23)
_DAY = _Field("day", 1, 31)
_MONTH = _Field("month", 1, 12, MONTHS, 1)
_WEEKDAY = _Field("weekday", 0, 7, WEEKDAYS)
_FIELDS = (_MINUTE, _HOUR, _DAY, _MONTH, _WEEKDAY)


@dataclass(frozen=True, slots=True)
class Cron:
    """A parsed rule. Weekdays count from Sunday = 0; `text` is the rule with single spaces."""

    text: str
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool
    """Both day fields are restricted: a day that fits one of them is enough."""

    def falls_on(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        by_date = day.day in self.days
        by_weekday = day.isoweekday() % 7 in self.weekdays
        return by_date or by_weekday if self.either_day else by_date and by_weekday


def parse_cron(text: str) -> Cron:
    """Parse `text`. Raises ScheduleError, also for a rule that never comes due."""
    fields = text.lower().split()
    if len(fields) != len(_FIELDS) or len(" ".join(fields)) > _MOST_CHARACTERS:
        raise ScheduleError(
            f"cron rule: found {quoted(text)}, expected five fields "
            f"(minute hour day month weekday) such as '{EXAMPLE}'"
        )
    minutes, hours, days, months, weekdays = (
        _values(field, part) for field, part in zip(_FIELDS, fields, strict=True)
    )
    cron = Cron(
        text=" ".join(fields),
        minutes=tuple(sorted(minutes)),
        hours=tuple(sorted(hours)),
        days=frozenset(days),
        months=frozenset(months),
        weekdays=frozenset(number % 7 for number in weekdays),
        # crontab(5): a field that begins with a star, stepped or not, counts as unrestricted.
        either_day=not fields[2].startswith("*") and not fields[4].startswith("*"),
    )
    if not _comes_due(cron):
        raise ScheduleError(
            f"cron rule: found '{cron.text}', which never comes due (no such day in that month), "
            f"expected a rule such as '{EXAMPLE}'"
        )
    return cron


def _comes_due(cron: Cron) -> bool:
    # Every date of the calendar, 29 February too, meets every weekday within 400 years.
    dated = any(day <= _LONGEST_MONTH[month - 1] for month in cron.months for day in cron.days)
    return dated or cron.either_day


def _values(field: _Field, text: str) -> set[int]:
    """Return the numbers that `text`, a list of ranges and steps, names in `field`."""
    found: set[int] = set()
    for part in text.split(","):
        span, slash, step = part.partition("/")
        first, last = _span(field, span)
        if slash and first == last:
            raise _wrong(field, part, "a step after a range or a star, such as */2")
        width = int(step) if step.isascii() and step.isdecimal() and len(step) < 4 else 0  # noqa: PLR2004 - no field has a thousand values
        if slash and not width:
            raise _wrong(field, part, "a step of 1 or more, such as */2")
        found.update(range(first, last + 1, width or 1))
    return found


def _span(field: _Field, text: str) -> tuple[int, int]:
    if text == "*":
        # A weekday's 7 is Sunday again: a star must not name it twice, or */2 would change.
        return field.lowest, 6 if field is _WEEKDAY else field.highest
    start, dash, end = text.partition("-")
    first = _number(field, start)
    last = _number(field, end) if dash else first
    if field is _WEEKDAY and last == 0 < first:
        last = 7  # fri-sun: Sunday ends the week as well as it begins it
    if last < first:
        raise _wrong(field, text, "a range that runs forwards")
    return first, last


def _number(field: _Field, text: str) -> int:
    if text in field.names:
        return field.names.index(text) + field.named_from
    if text.isascii() and text.isdecimal() and len(text) < 4:  # noqa: PLR2004 - no field has a thousand values
        number = int(text)
        if field.lowest <= number <= field.highest:
            return number
    named = f" or {field.names[0]} to {field.names[-1]}" if field.names else ""
    raise _wrong(field, text, f"{field.lowest} to {field.highest}{named}")


def _wrong(field: _Field, found: str, expected: str) -> ScheduleError:
    return ScheduleError(
        f"cron rule, {field.title}: found {quoted(found)}, expected {expected}; "
        f"a whole rule looks like '{EXAMPLE}'"
    )


def quoted(text: str) -> str:
    """Return `text` in quotes, shortened to what one line of an error may show."""
    line = " ".join("".join(mark if mark.isprintable() else " " for mark in text).split())
    return f"'{line}'" if len(line) <= 60 else f"'{line[:59]}…'"  # noqa: PLR2004 - one terminal line
