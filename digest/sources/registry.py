"""Adds, finds, pauses and removes sources."""

import os
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlmodel import Session, col, select

from digest.sources.errors import SourceError
from digest.sources.tables import (
    LOCATION_LENGTH,
    MATCH_LENGTH,
    NAME_LENGTH,
    First,
    Kind,
    Source,
    SourceFetch,
)
from digest.sources.urls import canonical_url
from store.durations import parse_minutes

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
SHORTEST, LONGEST = 5, 90 * 24 * 60
"""Minutes."""


def parse_every(text: str) -> int:
    """Return a rhythm like 30m, 1h or 2d in minutes. Raises SourceError."""
    minutes = parse_minutes(text)
    if not SHORTEST <= minutes <= LONGEST:
        raise SourceError(f"--every: {text!r} should be 5m to 90d, like 30m, 1h or 1d")
    return minutes


def parse_kind(text: str | None) -> Kind | None:
    """Return a kind by its name. Raises SourceError."""
    try:
        return Kind(text) if text else None
    except ValueError:
        raise SourceError(f"--kind: {text!r} should be one of {', '.join(Kind)}") from None


def parse_first(text: str) -> First:
    """Return what `--first` says. Raises SourceError."""
    try:
        return First(text)
    except ValueError:
        raise SourceError(f"--first: {text!r} should be seen or new") from None


def parse_location(text: str) -> tuple[str, bool]:
    """Return an address in canonical form or the path of a folder, and whether it is a folder.

    Raises SourceError.
    """
    if "://" in text:
        address = canonical_url(text)
        if address is None:
            raise SourceError(
                f"{text!r} is no address; it should look like https://example.org/feed.xml"
            )
        return address, False
    folder = Path(os.path.abspath(text))  # noqa: PTH100 - `resolve` would follow links
    if not text or not folder.is_dir():
        raise SourceError(
            f"{text!r} is neither an address nor a folder; give one like "
            "https://example.org/feed.xml or pages/"
        )
    return str(folder), True


def add_source(
    session: Session,
    name: str,
    location: str,
    kind: Kind,
    *,
    now: datetime,
    match: str = "",
    every_minutes: int = 60,
    first: First = First.SEEN,
) -> Source:
    """Add a source, due at once. Raises SourceError."""
    if not _NAME.fullmatch(name) or len(name) > NAME_LENGTH:
        raise SourceError(
            f"{name!r} is no name for a source; use lower-case letters, digits and dashes"
        )
    if len(location) > LOCATION_LENGTH:
        raise SourceError(f"an address has {LOCATION_LENGTH} characters at most")
    if len(match) > MATCH_LENGTH or not match.isprintable():
        raise SourceError(f"--match: a pattern is one line of {MATCH_LENGTH} characters at most")
    for known in all_sources(session):
        if known.name == name:
            raise SourceError(f"there is a source {name} already; take another name")
        if known.location == location and known.match == match:
            raise SourceError(f"{location} is the source {known.name} already")
    source = Source(
        name=name,
        kind=kind,
        location=location,
        match=match,
        every_minutes=every_minutes,
        first=first,
        created_at=now,
        next_at=now,
    )
    session.add(source)
    session.flush()
    return source


def all_sources(session: Session) -> Sequence[Source]:
    """Return every source, by name."""
    return session.exec(select(Source).order_by(Source.name)).all()


def find_source(session: Session, name: str) -> Source:
    """Return the source of that name. Raises SourceError."""
    source = session.exec(select(Source).where(Source.name == name)).first()
    if source is None:
        raise SourceError(f"there is no source {name}; `digest source list` shows those there are")
    return source


def set_active(session: Session, name: str, *, active: bool, now: datetime) -> bool:
    """Pause or resume a source; False if it was so already. A resumed one is due at once."""
    source = find_source(session, name)
    if source.active == active:
        return False
    source.active = active
    source.next_at = now if active else source.next_at
    session.add(source)
    return True


def remove_source(session: Session, name: str) -> None:
    """Delete a source with what is known of its pages; the comparisons stay."""
    session.delete(find_source(session, name))


def fetches(session: Session, name: str, count: int) -> Sequence[SourceFetch]:
    """Return the newest fetches of a source, the newest first."""
    source = find_source(session, name)
    return session.exec(
        select(SourceFetch)
        .where(SourceFetch.source_id == source.id)
        .order_by(col(SourceFetch.at).desc(), col(SourceFetch.id).desc())
        .limit(count)
    ).all()
