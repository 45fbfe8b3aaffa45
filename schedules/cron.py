"""Parses a cron rule: five fields of text to the days, hours and minutes they name.

The fields and their meaning are crontab(5)'s: minute hour day month weekday; lists, ranges and
steps; names of months and weekdays; 0 and 7 are Sunday; and where both day fields are
restricted, a day that fits one of them is enough. Nicknames such as `@weekly` are crontab(5)'s too.
Beyond it, as in croniter and cronsim: `L` is the last day of the month, `mon#1` its first Monday,
`friL` its last Friday. `schedules.recurrence` adds the time zone.
"""

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from store.errors import UserError

EXAMPLE = "0 8 * * mon"
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
MONTHS = tuple(name.lower() for name in calendar.month_abbr[1:])
NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
"""crontab(5)'s, without @reboot: nothing here starts anew."""
LAST = -1
"""The number of a weekday that is the last of its month."""
_LAST = "l"
_MOST_IN_A_MONTH = 5
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
_FIELDS = 5


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
    last_day: bool = False
    """The last day of the month, beside `days`."""
    nth_weekdays: frozenset[tuple[int, int]] = frozenset()
    """Weekdays by their number in the month, beside `weekdays`: (1, 1) is the first Monday, and
    (5, LAST) the last Friday."""

    def falls_on(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        to_come = calendar.monthrange(day.year, day.month)[1] - day.day
        weekday = day.isoweekday() % 7
        by_date = day.day in self.days or (self.last_day and not to_come)
        by_weekday = (
            weekday in self.weekdays
            or (weekday, (day.day + 6) // 7) in self.nth_weekdays
            or (to_come < len(WEEKDAYS) and (weekday, LAST) in self.nth_weekdays)
        )
        return by_date or by_weekday if self.either_day else by_date and by_weekday


def parse_cron(text: str) -> Cron:
    """Parse `text`. Raises ScheduleError, also for a rule that never comes due."""
    fields = text.lower().split()
    if len(fields) == 1:
        fields = NICKNAMES.get(fields[0], fields[0]).split()
    if len(fields) != _FIELDS or len(" ".join(fields)) > _MOST_CHARACTERS:
        raise ScheduleError(
            f"cron rule: found {quoted(text)}, expected five fields "
            f"(minute hour day month weekday) such as '{EXAMPLE}'"
        )
    last_day, dates = _take_last_day(fields[2])
    nth_weekdays, weekly = _take_nth_weekdays(fields[4])
    minutes, hours, months = (
        _values(field, part.split(","))
        for field, part in ((_MINUTE, fields[0]), (_HOUR, fields[1]), (_MONTH, fields[3]))
    )
    days, weekdays = _values(_DAY, dates), _values(_WEEKDAY, weekly)
    cron = Cron(
        text=_as_shown(fields),
        minutes=tuple(sorted(minutes)),
        hours=tuple(sorted(hours)),
        days=frozenset(days),
        months=frozenset(months),
        weekdays=frozenset(number % 7 for number in weekdays),
        # crontab(5): a field that begins with a star, stepped or not, counts as unrestricted.
        either_day=not fields[2].startswith("*") and not fields[4].startswith("*"),
        last_day=last_day,
        nth_weekdays=nth_weekdays,
    )
    if not _comes_due(cron):
        raise ScheduleError(
            f"cron rule: found '{cron.text}', which never comes due (no such day in that month), "
            f"expected a rule such as '{EXAMPLE}'"
        )
    return cron


def _as_shown(fields: Sequence[str]) -> str:
    """Return the rule in lower case but for L, which would be read as a one."""
    minute, hour, days, month, weekdays = fields
    days = ",".join("L" if part == _LAST else part for part in days.split(","))
    weekdays = ",".join(
        f"{part[:-1]}L" if part.endswith(_LAST) else part for part in weekdays.split(",")
    )
    return f"{minute} {hour} {days} {month} {weekdays}"


def _comes_due(cron: Cron) -> bool:
    return cron.either_day or any(_comes_due_in(cron, month) for month in cron.months)


def _comes_due_in(cron: Cron, month: int) -> bool:
    """Return whether a date and a weekday that are both named can meet in `month`."""
    longest = _LONGEST_MONTH[month - 1]
    dates = {day for day in cron.days if day <= longest} | ({longest} if cron.last_day else set())
    if cron.weekdays:
        # Every date of the calendar, 29 February too, meets every weekday within 400 years.
        return bool(dates)
    return any(
        day > longest - 7 if number == LAST else (day + 6) // 7 == number
        for day in dates
        for _, number in cron.nth_weekdays
    )


def _take_last_day(text: str) -> tuple[bool, list[str]]:
    """Return whether a list of days names the last one, and the others."""
    parts = text.split(",")
    others = [part for part in parts if part != _LAST]
    return len(others) < len(parts), others


def _take_nth_weekdays(text: str) -> tuple[frozenset[tuple[int, int]], list[str]]:
    """Return the weekdays of a list that are named by their number, and the others."""
    found: set[tuple[int, int]] = set()
    others: list[str] = []
    for part in text.split(","):
        weekday, hash_, number = part.partition("#")
        if hash_:
            if number not in {str(one) for one in range(1, _MOST_IN_A_MONTH + 1)}:
                raise _wrong(_WEEKDAY, part, f"1 to {_MOST_IN_A_MONTH} after #, such as mon#1")
            found.add((_number(_WEEKDAY, weekday) % 7, int(number)))
        elif part.endswith(_LAST) and part != _LAST:
            found.add((_number(_WEEKDAY, part.removesuffix(_LAST)) % 7, LAST))
        else:
            others.append(part)
    return frozenset(found), others


def _values(field: _Field, parts: Iterable[str]) -> set[int]:
    """Return the numbers that `parts`, each a range or a step, name in `field`."""
    found: set[int] = set()
    for part in parts:
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
