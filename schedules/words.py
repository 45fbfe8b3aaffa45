"""Says rules and moments in plain words: `Mondays at 08:00`, `Mon 30 Nov 2026 08:00`."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from schedules.cron import LAST, Cron

_WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_NUMBERS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", LAST: "last"}
_EVERY_DAY, _EVERY_MONTH, _EVERY_WEEKDAY = 31, 12, 7
_MOST = 4
"""Of days, times or months that a sentence lists; a rule of more is quoted."""


def rule_words(cron: Cron) -> str:
    """Say when a rule comes due; a rule that no short sentence says is quoted."""
    days, times = _days(cron), _times(cron)
    return f"{days} at {times}" if days and times else f"cron {cron.text}"


def place_words(zone: ZoneInfo) -> str:
    """Name a zone by its city: `Berlin`, `New York`, `UTC`."""
    return zone.key.rpartition("/")[2].replace("_", " ")


def moment_words(moment: datetime, zone: tzinfo) -> str:
    """Say a moment as a clock in `zone` shows it: `Mon 30 Nov 2026 08:00`."""
    there = moment.astimezone(zone)
    return f"{there:%a} {there.day} {there:%b %Y %H:%M}"


def skipped_words(text: str) -> str:
    """Say dates on which a schedule rests: `25 December 2026`, or `25 December of every year`."""
    first, dots, last = text.partition("..")
    if dots:
        return f"{_date_words(first)} to {_date_words(last)}"
    return _date_words(first)


def _date_words(text: str) -> str:
    *year, month, day = text.split("-")
    return f"{int(day)} {_MONTHS[int(month) - 1]} {year[0] if year else 'of every year'}"


def and_list(names: Sequence[str]) -> str:
    """Return `a`, `a and b`, or `a, b and c`."""
    return f"{', '.join(names[:-1])} and {names[-1]}" if names[1:] else "".join(names)


def _times(cron: Cron) -> str:
    times = [f"{hour:02}:{minute:02}" for hour in cron.hours for minute in cron.minutes]
    return and_list(times) if len(times) <= _MOST else ""


def _days(cron: Cron) -> str:
    any_date = len(cron.days) == _EVERY_DAY
    any_weekday = len(cron.weekdays) == _EVERY_WEEKDAY
    # Where date and weekday are both named, cron runs on either (crontab(5)).
    if cron.either_day or not (any_date or any_weekday) or len(cron.months) == 0:
        return ""
    months = _months(cron)
    if months is None:
        return ""
    if any_date and any_weekday:
        return "every day" + (f" in {months}" if months else "")
    if not any_weekday and not cron.nth_weekdays:
        return _weekdays(cron) + (f" in {months}" if months else "")
    named = _dates(cron) if any_weekday else _nth_weekdays(cron)
    return f"the {named} of {months or 'every month'}" if named else ""


def _months(cron: Cron) -> str | None:
    """Return the months that are named; empty for all of them, None for too many to list."""
    if len(cron.months) == _EVERY_MONTH:
        return ""
    names = [_MONTHS[month - 1] for month in sorted(cron.months)]
    return and_list(names) if len(names) <= _MOST else None


def _weekdays(cron: Cron) -> str:
    # Read as a week: Monday first.
    days = sorted(cron.weekdays, key=_from_monday)
    return and_list([f"{_WEEKDAYS[day]}s" for day in days])


def _dates(cron: Cron) -> str:
    days = [*map(_ordinal, sorted(cron.days)), *(["last day"] if cron.last_day else [])]
    return and_list(days) if len(days) <= _MOST else ""


def _nth_weekdays(cron: Cron) -> str:
    if cron.weekdays:
        return ""
    order = sorted(cron.nth_weekdays, key=lambda one: (one[1] % 9, _from_monday(one[0])))
    named = [f"{_NUMBERS[number]} {_WEEKDAYS[day]}" for day, number in order]
    return and_list(named) if len(named) <= _MOST else ""


def _from_monday(day: int) -> int:
    return (day - 1) % _EVERY_WEEKDAY


def _ordinal(day: int) -> str:
    teens = 11 <= day <= 13  # noqa: PLR2004 - 11th, 12th, 13th
    ending = "th" if teens else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"
