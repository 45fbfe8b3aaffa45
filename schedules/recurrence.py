"""Computes when a rule comes due: pure functions, no clock.

Due times are counted on the wall clock of the zone and then turned into UTC by RFC 5545
section 3.3.5, so that every wall-clock time the rule names happens once:

- A time that the night skips (02:30 as clocks go from 02:00 to 03:00) is read with the offset
  from before the gap: it comes due at 03:30 summer time, as long after midnight as ever. Should
  the rule name 03:30 as well, the two are one due time.
- A time that the night repeats comes due the first time only. A rule for every hour therefore
  rests for the repeated hour.

Skipped dates leave due times out: those on such a day, and those whose send time, the first of
another rule after them, falls on one.

APScheduler's CronTrigger is not used for this: it lets a repeated time come due twice, counts
Monday as 0, drops the step of `mon-fri/2` and demands that day and weekday both fit.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from schedules.cron import Cron, ScheduleError, parse_cron, quoted
from schedules.skipped_dates import SkippedDates
from schedules.words import place_words, rule_words
from store.times import utc

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(9990, 1, 1, tzinfo=UTC)
"""Beyond it `datetime` runs out of years."""

_DAY = timedelta(days=1)
# A gap moves a wall-clock time by a day at most (Samoa left out 30 December 2011 entirely).
_MARGIN = 2 * _DAY
_NOTHING_SKIPPED = SkippedDates()


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A cron rule read in an IANA zone; the smallest unit is the minute."""

    cron: Cron
    zone: ZoneInfo
    send: Cron | None = None
    """When what is drafted goes out: the first time of this rule after the due time."""
    skipped: SkippedDates = _NOTHING_SKIPPED

    @classmethod
    def parse(cls, cron: str, zone: str) -> Self:
        """Raises ScheduleError (a ValueError): one line, what was found and what was expected."""
        return cls(parse_cron(cron), parse_zone(zone))

    def send_time(self, due: datetime) -> datetime | None:
        """Return when what was drafted at `due` goes out; None where there is no such rule."""
        if self.send is None:
            return None
        return next(iter(Recurrence(self.send, self.zone).next(due)), None)

    def due_times(self, after: datetime, until: datetime) -> list[datetime]:
        """Return every due time after `after` up to and including `until`, in UTC, in order."""
        after, until = utc(after), utc(until)
        found = {due for due in self._around(after, until) if after < due <= until}
        return sorted(due for due in found if not self._is_skipped(due))

    def next(self, after: datetime, count: int = 1) -> list[datetime]:
        """Return the first `count` due times after `after`; fewer only where the calendar ends."""
        span = _DAY
        while True:
            until = utc(after) + min(span, LATEST - utc(after))
            found = self.due_times(after, until)
            if len(found) >= count or until >= LATEST:
                return found[:count]
            span *= 2

    def previous(
        self, until: datetime, count: int = 1, after: datetime = EARLIEST
    ) -> list[datetime]:
        """Return the last `count` due times after `after` up to and including `until`, in order."""
        span = _DAY
        while True:
            start = max(utc(after), utc(until) - min(span, utc(until) - EARLIEST))
            found = self.due_times(start, until)
            if len(found) >= count or start <= utc(after):
                return found[-count:]
            span *= 2

    def comes_due(self, after: datetime, until: datetime) -> bool:
        """Return whether there is any due time after `after` up to and including `until`."""
        year = 366 * _DAY
        while after < until:
            end = min(after + year, until)
            if self.due_times(after, end):
                return True
            after = end
        return False

    def describe(self) -> str:
        """Describe the rule, as `Mondays at 08:00, Berlin`."""
        return f"{rule_words(self.cron)}, {place_words(self.zone)}"

    def _is_skipped(self, due: datetime) -> bool:
        if not self.skipped.texts:
            return False
        sent = self.send_time(due)
        days = [moment.astimezone(self.zone).date() for moment in (due, sent) if moment]
        return any(day in self.skipped for day in days)

    def _around(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Yield due times of every wall-clock day that may hold one in the span; unordered."""
        day = (max(after, EARLIEST) - _MARGIN).date()
        last = (min(until, LATEST) + _MARGIN).date()
        while day <= last:
            if self.cron.falls_on(day):
                yield from self._on(day)
            day += _DAY

    def _on(self, day: date) -> Iterator[datetime]:
        for hour in self.cron.hours:
            for minute in self.cron.minutes:
                # fold=0 is both of RFC 5545's rules: the first of two, the offset before a gap.
                yield datetime.combine(day, time(hour, minute), self.zone).astimezone(UTC)


def parse_zone(name: str) -> ZoneInfo:
    """Return the IANA zone called `name`. Raises ScheduleError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # A folder of the zone database ("Europe") comes back as an OSError.
        raise ScheduleError(
            f"time zone: found {quoted(name)}, expected an IANA name such as Europe/Berlin or UTC"
        ) from None
