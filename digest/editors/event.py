"""One event that editors are notified of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from digest.editors.kinds import NoticeKind
from schedules.tables import Schedule
from schedules.words import moment_words

LOOK_BACK = timedelta(days=3)
"""Older events are not notified, nor to an address or webhook that was just added."""
MAX_NAMED = 8
"""Picks, changes and due times that a message names."""


@dataclass(frozen=True, slots=True)
class EditorEvent:
    """One event to notify of. `at` is when it happened; editors added later are not notified."""

    key: str
    kind: NoticeKind
    at: datetime
    subject: str
    paragraphs: tuple[str, ...]
    issue: int | None = None


def in_zone(moment: datetime, schedule: Schedule) -> str:
    """Say a moment in the schedule's zone: `Mon 30 Nov 2026, 08:00 (Europe/Berlin)`."""
    day, _, time = moment_words(moment, ZoneInfo(schedule.zone)).rpartition(" ")
    return f"{day}, {time} ({schedule.zone})"


def named(names: Sequence[str]) -> str:
    """Name as many as a message has room for, and how many more there are."""
    return "; ".join(names[:MAX_NAMED]) + and_more(names)


def and_more(every: Sequence[str]) -> str:
    """Say how many more there are than a message names."""
    more = len(every) - MAX_NAMED
    return f"; and {more} more" if more > 0 else ""
