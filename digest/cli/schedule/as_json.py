"""Schedules and runs as JSON; keys only join."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from digest.pipeline.run_history import RunRecord
from schedules.tables import Schedule
from schedules.timetable import next_due_times, recurrence_of, schedule_words


def schedule_json(one: Schedule, last: RunRecord | None, now: datetime) -> dict[str, Any]:
    """Return a schedule: its properties, its next times and its last run."""
    due = next(iter(next_due_times(one, now)), None)
    return {
        "name": one.name,
        "cron": one.cron,
        "zone": one.zone,
        "approval": one.approval,
        "four_eyes": one.four_eyes,
        "frequency": one.frequency,
        "active": one.active,
        "next": due,
        "words": schedule_words(one),
        "send_cron": one.send_cron,
        "if_unapproved": one.if_unapproved,
        "next_send": recurrence_of(one).send_time(due) if due else None,
        "late_limit_minutes": one.late_limit_minutes,
        "first_days": one.first_days,
        "min_picks": one.min_picks,
        "max_picks": one.max_picks,
        "skipped_dates": one.skipped_dates,
        "paused_until": one.paused_until,
        "last_run": run_json(last) if last else None,
    }


def run_json(one: RunRecord) -> dict[str, Any]:
    """Return a run: what came of it, and the command that takes it on."""
    return asdict(one)
