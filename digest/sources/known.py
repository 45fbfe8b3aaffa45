"""Keeps what a source has named: which entries are new to it, and which have changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, update
from sqlmodel import Session, col, select

from digest.catalog.tables import Comparison
from digest.sources.kinds.entry import Entry
from digest.sources.tables import PageState, SourcePage
from digest.sources.urls import key_of


@dataclass(slots=True)
class Sorted:
    """The entries of a listing by what is to be done with them."""

    seen: list[Entry] = field(default_factory=list)
    """From before the source was added."""
    new: list[Entry] = field(default_factory=list)
    changed: list[tuple[int, Entry]] = field(default_factory=list)
    """With the id of its row."""
    stale: list[tuple[int, Entry]] = field(default_factory=list)
    """Changed, but from before, and never taken in: only its version is noted."""


def sort_entries(session: Session, source_id: int, entries: Iterable[tuple[Entry, bool]]) -> Sorted:
    """Compare entries with what the source named before. An entry is known by its location."""
    rows = session.execute(
        select(SourcePage.key, SourcePage.id, SourcePage.version, SourcePage.state).where(
            SourcePage.source_id == source_id
        )
    )
    known = {key: (row_id, version, state) for key, row_id, version, state in rows}
    found = Sorted()
    met: set[str] = set()
    for entry, is_first in entries:
        key = key_of(entry.location)
        if key in met:
            continue
        met.add(key)
        if key not in known:
            (found.seen if is_first else found.new).append(entry)
            continue
        row_id, version, state = known[key]
        if version == entry.version or row_id is None:
            continue
        is_stale = state == PageState.SEEN and not _is_in_store(session, entry.location)
        (found.stale if is_stale else found.changed).append((row_id, entry))
    return found


def note_entries(session: Session, source_id: int, found: Sorted, now: datetime) -> None:
    """Write down what was found; what is new or changed waits to be read."""
    rows = [_values(source_id, entry, PageState.SEEN, now) for entry in found.seen]
    rows += [_values(source_id, entry, PageState.WAITING, now) for entry in found.new]
    for row_id, entry in found.changed:
        _renew(session, row_id, entry, {"state": PageState.WAITING, "tries": 0})
    for row_id, entry in found.stale:
        _renew(session, row_id, entry, {})
    if rows:
        session.execute(insert(SourcePage), rows)


def waiting_pages(session: Session, source_id: int, now: datetime) -> Sequence[int]:
    """Return the ids of the pages that are to be read now, in the order they were found."""
    return [
        row_id
        for row_id in session.exec(
            select(SourcePage.id)
            .where(
                SourcePage.source_id == source_id,
                SourcePage.state == PageState.WAITING,
                col(SourcePage.retry_at).is_(None) | (col(SourcePage.retry_at) <= now),
            )
            .order_by(col(SourcePage.id))
        )
        if row_id is not None
    ]


def find_or_add(
    session: Session, source_id: int, row_id: int | None, entry: Entry, now: datetime
) -> SourcePage:
    """Return the row of an entry at hand, made or renewed."""
    if row_id is None:
        row = SourcePage(**_values(source_id, entry, PageState.WAITING, now))
    else:
        row = session.get_one(SourcePage, row_id)
        row.version = entry.version
    session.add(row)
    return row


def _is_in_store(session: Session, location: str) -> bool:
    return session.exec(select(Comparison.id).where(Comparison.url == location)).first() is not None


def _renew(session: Session, row_id: int, entry: Entry, values: dict[str, object]) -> None:
    session.execute(
        update(SourcePage)
        .where(col(SourcePage.id) == row_id)
        .values(version=entry.version, retry_at=None, **values)
    )


def _values(source_id: int, entry: Entry, state: PageState, now: datetime) -> dict[str, Any]:
    return {
        "source_id": source_id,
        "key": key_of(entry.location),
        "location": entry.location,
        "version": entry.version,
        "state": state,
        "dated": entry.dated,
        "found_at": now,
    }
