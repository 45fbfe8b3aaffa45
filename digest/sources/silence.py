"""Warns of sources that bring nothing, while there is time to look before a schedule is due."""

import logging
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import Session, col, select

from digest.sources.tables import Source
from schedules.registry import all_schedules
from schedules.timetable import next_due_times
from store.durations import minutes_words
from store.engine import Store

WARN_BEFORE = timedelta(days=1)
RHYTHMS = 2
log = logging.getLogger(__name__)


def silence_of(source: Source, now: datetime, period: timedelta | None = None) -> str | None:
    """Return in words that a source is silent; None if it is not, or is paused.

    It is if it could not be read for two of its rhythms, or brought nothing new for two `period`s
    of a schedule.
    """
    if not source.active:
        return None
    every = timedelta(minutes=source.every_minutes)
    if now - (source.read_at or source.created_at) > RHYTHMS * every:
        since = f"since {source.read_at:%Y-%m-%d %H:%M} UTC" if source.read_at else "yet"
        why = f": {source.error}" if source.error else ""
        return f"it could not be read {since} (every {minutes_words(source.every_minutes)}){why}"
    if period is not None and now - (source.brought_at or source.created_at) > RHYTHMS * max(
        period, every
    ):
        since = f"since {source.brought_at:%Y-%m-%d}" if source.brought_at else "yet"
        return f"it has brought nothing new {since}"
    return None


def silent_sources(session: Session, now: datetime) -> list[tuple[Source, str, datetime, str]]:
    """Return the sources that are silent in the day before a schedule is due.

    Each with words for it, and with the due time and name of that schedule.
    """
    due = _next_due(session, now)
    if due is None:
        return []
    due_at, schedule, period = due
    return [
        (source, words, due_at, schedule)
        for source in session.exec(select(Source).order_by(Source.name))
        if (words := silence_of(source, now, period))
    ]


def warn_of_silence(store: Store, now: datetime) -> None:
    """Log once before each due time which sources are silent, in the day before it."""
    with store.read() as session:
        silent = [
            (source.id, source.name, words, due_at, schedule)
            for source, words, due_at, schedule in silent_sources(session, now)
            if source.warned_for != due_at
        ]
    for source_id, name, words, due_at, schedule in silent:
        with store.write() as session:
            told = session.execute(
                update(Source)
                .where(
                    col(Source.id) == source_id,
                    col(Source.warned_for).is_(None) | (col(Source.warned_for) != due_at),
                )
                .values(warned_for=due_at)
            )
        if told.rowcount:  # type: ignore[attr-defined]
            log.warning(
                "source %s is silent, and %s is due at %s: %s",
                name, schedule, f"{due_at:%Y-%m-%d %H:%M} UTC", words,
            )  # fmt: skip


def _next_due(session: Session, now: datetime) -> tuple[datetime, str, timedelta] | None:
    """Return the first due time within a day: when, of which schedule, and its period."""
    found = []
    for schedule in all_schedules(session):
        due = next_due_times(schedule, now, 2)
        if due[1:] and due[0] - now <= WARN_BEFORE:
            found.append((due[0], schedule.name, due[1] - due[0]))
    return min(found, default=None)
