"""Dates on which a schedule rests: single days, spans of days, and days of every year.

    2026-12-25      2026-12-24..2027-01-06      12-25 (every year)

A file has one on each line; `#` begins a comment.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Self

from schedules.cron import ScheduleError, quoted

MAX_SKIPPED = 1000
_YEARLY = re.compile(r"(\d\d)-(\d\d)", re.ASCII)
_LEAP_YEAR = 2000
_EXPECTED = "a date such as 2026-12-25, 2026-12-24..2027-01-06, or 12-25 for every year"


@dataclass(frozen=True, slots=True)
class SkippedDates:
    """Parsed dates; `date in skipped` says whether nothing happens on that day."""

    texts: tuple[str, ...] = ()
    """As they were written, sorted, each once."""
    spans: tuple[tuple[date, date], ...] = ()
    yearly: frozenset[tuple[int, int]] = frozenset()

    @classmethod
    def parse(cls, texts: Iterable[str]) -> Self:
        """Raises ScheduleError for a text that is no date, and for too many."""
        every = sorted({text.strip() for text in texts})
        if len(every) > MAX_SKIPPED:
            raise ScheduleError(
                f"skipped dates: found {len(every)}, expected {MAX_SKIPPED} at most; a span such "
                "as 2026-12-24..2027-01-06 counts as one"
            )
        yearly = {found for text in every if (found := _day_of_every_year(text))}
        spans = [_span(text) for text in every if not _YEARLY.fullmatch(text)]
        return cls(tuple(every), tuple(spans), frozenset(yearly))

    def __contains__(self, day: date) -> bool:
        return (day.month, day.day) in self.yearly or any(
            first <= day <= last for first, last in self.spans
        )


def read_skipped(text: str) -> list[str]:
    """Return the dates in the text of a file, one on a line. Raises ScheduleError."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        one = line.partition("#")[0].strip()
        if not one:
            continue
        try:
            SkippedDates.parse([one])
        except ScheduleError as error:
            raise ScheduleError(f"line {number}: {error}") from None
        found.append(one)
    return found


def _day_of_every_year(text: str) -> tuple[int, int] | None:
    named = _YEARLY.fullmatch(text)
    if named is None:
        return None
    month, day = int(named[1]), int(named[2])
    try:
        date(_LEAP_YEAR, month, day)
    except ValueError:
        raise _no_date(text) from None
    return month, day


def _span(text: str) -> tuple[date, date]:
    start, dots, end = text.partition("..")
    try:
        first = date.fromisoformat(start)
        last = date.fromisoformat(end) if dots else first
    except ValueError:
        raise _no_date(text) from None
    if last < first:
        raise _no_date(text)
    return first, last


def _no_date(text: str) -> ScheduleError:
    return ScheduleError(f"skipped date: found {quoted(text)}, expected {_EXPECTED}")
