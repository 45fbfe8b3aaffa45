"""Finds sources that fail again and again, and those that bring nothing before an issue is due."""

from collections.abc import Iterator
from datetime import datetime

from sqlmodel import Session, col, select

from digest.editors.event import EditorEvent
from digest.editors.kinds import NoticeKind
from digest.sources.silence import silent_sources
from digest.sources.tables import Source

FAILURES = 3
"""In a row; one alone is mostly over before anybody looks."""


def source_events(session: Session, now: datetime) -> Iterator[EditorEvent]:
    """Yield each source that fails or is silent, once for as long as it lasts."""
    failing = session.exec(
        select(Source)
        .where(col(Source.active), Source.failures >= FAILURES)
        .order_by(col(Source.id))
    ).all()
    for source in failing:
        yield _event(
            source,
            f"failing/{source.read_at.isoformat() if source.read_at else 'never'}",
            now,
            "fails",
            f"It failed {source.failures} times in a row: {source.error}",
        )
    known = {source.id for source in failing}
    for source, words, due_at, schedule in silent_sources(session, now):
        if source.id in known:
            continue
        yield _event(
            source,
            f"silent/{(source.brought_at or source.created_at).isoformat()}",
            now,
            "is silent",
            f"{schedule} is due at {due_at:%Y-%m-%d %H:%M} UTC, and {words}.",
        )


def _event(source: Source, what: str, now: datetime, verb: str, why: str) -> EditorEvent:
    return EditorEvent(
        f"source/{source.name}/{what}",
        NoticeKind.SOURCE,
        now,
        f"The source {source.name} {verb}",
        (why, f"What it brought and when: digest source log {source.name}"),
    )
