"""Reads a schedule's row as a recurrence: its rule, send rule, zone, skipped dates and pause."""

from collections.abc import Callable
from datetime import datetime, timedelta

from schedules.cron import parse_cron
from schedules.recurrence import Recurrence, parse_zone
from schedules.skipped_dates import SkippedDates
from schedules.tables import Schedule, Unapproved
from schedules.words import moment_words, place_words, rule_words

_INSTANT = timedelta(microseconds=1)
_MOST_NAMED = 3
_CONDITION = {
    Unapproved.HOLD: "if approved by then, else holds",
    Unapproved.SEND: "approved or not",
    Unapproved.SKIP: "if approved by then, else skips",
}


def recurrence_of(schedule: Schedule) -> Recurrence:
    """Return when `schedule` drafts. Raises ScheduleError for a rule spoilt in the database."""
    return Recurrence(
        parse_cron(schedule.cron),
        parse_zone(schedule.zone),
        parse_cron(schedule.send_cron) if schedule.send_cron else None,
        SkippedDates.parse(schedule.skipped_dates) if schedule.skipped_dates else SkippedDates(),
    )


def next_due_times(schedule: Schedule, now: datetime, count: int = 1) -> list[datetime]:
    """Return the next due times, the pause considered: none while it has no end."""
    if schedule.removed_at is not None:
        return []
    if not schedule.active:
        if schedule.paused_until is None:
            return []
        now = max(now, schedule.paused_until - _INSTANT)
    return recurrence_of(schedule).next(now, count)


def schedule_words(schedule: Schedule, dates: Callable[[str], str] = str) -> str:
    """Say in words when it drafts and sends: `Mondays at 08:00, Berlin`.

    `dates` says the dates that it rests on; by default they stand as commands take them.
    """
    recurrence = recurrence_of(schedule)
    words = recurrence.describe()
    if recurrence.send is not None:
        words = (
            f"drafts {rule_words(recurrence.cron)}, sends {rule_words(recurrence.send)} "
            f"{_CONDITION[Unapproved(schedule.if_unapproved)]}; {place_words(recurrence.zone)}"
        )
    if skipped := recurrence.skipped.texts:
        more = len(skipped) - _MOST_NAMED
        named = ", ".join(map(dates, skipped[:_MOST_NAMED])) + (
            f" and {more} more" if more > 0 else ""
        )
        words += f"; not on {named}"
    return words


def next_words(schedule: Schedule, now: datetime) -> str:
    """Say when it drafts next: `next: Mon 30 Nov 2026 08:00`, or that it is paused."""
    due = next_due_times(schedule, now)
    zone = parse_zone(schedule.zone)
    if not schedule.active and schedule.paused_until is None:
        return "paused"
    ends = schedule.paused_until
    until = f"paused until {moment_words(ends, zone)}, " if ends and not schedule.active else ""
    if not due:
        return f"{until}next: never"
    said = f"{until}next: {moment_words(due[0], zone)}"
    sent = recurrence_of(schedule).send_time(due[0])
    return f"{said}, sends {moment_words(sent, zone)}" if sent else said
