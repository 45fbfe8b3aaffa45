"""Deletes IP addresses and user agents from consents and events after a set time.

A mark a day says how many rows there were, so age is counted from when a row was stored: neither a
provider's timestamp nor an imported date can change it. What is old is decided by the mark of the
day before, so a clock that is ahead for some hours deletes nothing. Consents stay as proof with
their wording, form, page and time; hits keep their class.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import (
    JSON,
    ColumnElement,
    ScalarSelect,
    String,
    cast,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col

from digest.events.tables import Event, EventKind, RetentionMark, RetentionProgress
from store.engine import Store
from store.insertion import insert_new
from store.rows import as_rows
from subscribers.tables import Consent

CHUNK = 1_000
"""Rows a transaction looks at, so that none waits long for it."""
MAX_CHUNKS = 20
"""Transactions a round; the next round goes on."""
MARK_EVERY = timedelta(days=1)
_USER_AGENTS = ("user_agent", "useragent")
"""As we spell it in an event's detail, and as SendGrid does."""


class Kept(StrEnum):
    """The tables that hold addresses of machines or names of programs."""

    CONSENT = "consent"
    EVENT = "event"


_ID: dict[Kept, Mapped[int | None]] = {Kept.CONSENT: col(Consent.id), Kept.EVENT: col(Event.id)}
_AT = {Kept.CONSENT: col(Consent.at), Kept.EVENT: col(Event.at)}


def delete_origins(store: Store, days: int, now: datetime) -> int:
    """Delete what is older than `days`, the day after; return from how many rows. 0 keeps it all.

    At most MAX_CHUNKS transactions for each table; what is left is for the next call.
    """
    _mark_tables(store, now)
    trusted = _mark_before(store, now) if days else None
    if trusted is None:
        return 0
    oldest = trusted - timedelta(days=days)
    count = _delete_in_chunks(store, Kept.CONSENT, oldest, _clear_consents)
    count += _delete_in_chunks(store, Kept.EVENT, oldest, _clear_events)
    if count:
        # SQLite's log keeps the old pages until it is truncated.
        store.log_is_due = store.is_sqlite
    return count


def last_cleared(kept: Kept) -> ScalarSelect[int]:
    """Return a subquery for the id up to which the rows of a table were cleared; 0 for none."""
    return (
        select(func.coalesce(func.max(col(RetentionProgress.last_id)), 0))
        .where(col(RetentionProgress.kept) == kept)
        .scalar_subquery()
    )


def _mark_tables(store: Store, now: datetime) -> None:
    """Write down once a day how far the tables reach."""
    with store.read() as session:
        newest = session.scalar(
            select(func.max(col(RetentionMark.at))).where(col(RetentionMark.at) <= now)
        )
        if newest is not None and now - newest < MARK_EVERY:
            return
        ends = {kept: _end(session, kept) for kept in Kept}
    if any(at is not None and at > now for _, at in ends.values()):
        return  # The clock is behind, or was ahead a moment ago: rows would seem old too early.
    with store.write() as session:
        for kept, (last, _) in ends.items():
            start = insert_new(session, RetentionProgress).values(kept=kept, last_id=0)
            session.connection().execute(start)
            # SQLite gives the highest ids again once their rows were deleted.
            for table in (RetentionMark, RetentionProgress):
                session.execute(
                    update(table)
                    .where(col(table.kept) == kept, col(table.last_id) > last)
                    .values(last_id=last)
                    .execution_options(synchronize_session=False)
                )
            session.add(RetentionMark(kept=kept, last_id=last, at=now))


def _mark_before(store: Store, now: datetime) -> datetime | None:
    """Return the moment of the newest mark but one: time has really passed until then."""
    moments = select(col(RetentionMark.at)).where(col(RetentionMark.at) <= now).distinct()
    with store.read() as session:
        return session.scalar(moments.order_by(col(RetentionMark.at).desc()).offset(1).limit(1))


def _end(session: Session, kept: Kept) -> tuple[int, datetime | None]:
    """Return the last id of a table and its moment."""
    found = session.execute(select(_ID[kept], _AT[kept]).order_by(_ID[kept].desc()).limit(1))
    row = found.first()
    return (row[0], row[1]) if row else (0, None)


def _delete_in_chunks(
    store: Store, kept: Kept, oldest: datetime, clear: Callable[[Session, int, int], int]
) -> int:
    count = 0
    for _ in range(MAX_CHUNKS):
        with store.read() as session:
            if _due(session, kept, oldest) is None:
                break
        with store.write() as session:
            span = _next_chunk(session, kept, oldest)
            if span is None:
                break
            count += clear(session, *span)
    return count


def _due(session: Session, kept: Kept, oldest: datetime) -> int | None:
    """Return the highest id that was there at `oldest`; None if it was cleared already."""
    return session.scalar(
        select(func.max(col(RetentionMark.last_id))).where(
            col(RetentionMark.kept) == kept, col(RetentionMark.at) <= oldest
        )
    )


def _next_chunk(session: Session, kept: Kept, oldest: datetime) -> tuple[int, int] | None:
    """Return the ids to clear now, after the first and up to the second; None if there are none.

    Moves the progress on; another worker that is at it is left alone.
    """
    cleared = session.scalars(
        select(RetentionProgress)
        .where(col(RetentionProgress.kept) == kept)
        .with_for_update(skip_locked=True)
    ).first()
    due = _due(session, kept, oldest)
    if cleared is None or due is None:
        return None
    first = cleared.last_id
    last = session.scalar(
        select(_ID[kept]).where(_ID[kept] > first).order_by(_ID[kept]).offset(CHUNK - 1).limit(1)
    )
    last = due if last is None else min(last, due)
    if kept is Kept.EVENT:
        last = _before_unclassified(session, first, last)
    if last >= due:
        session.execute(
            delete(RetentionMark)
            .where(
                col(RetentionMark.kept) == kept,
                col(RetentionMark.last_id) <= due,
            )
            .execution_options(synchronize_session=False)
        )
    cleared.last_id = max(first, last)
    return (first, last) if last > first else None


def _before_unclassified(session: Session, first: int, last: int) -> int:
    """Return the id before the first hit that has no class yet: it needs what would be deleted."""
    waiting = session.scalar(
        select(_ID[Kept.EVENT])
        .where(
            _between(Kept.EVENT, first, last),
            col(Event.rule).is_(None),
            col(Event.kind).in_((EventKind.OPENED, EventKind.CLICKED)),
        )
        .order_by(col(Event.id))
        .limit(1)
    )
    return last if waiting is None else waiting - 1


def _clear_consents(session: Session, first: int, last: int) -> int:
    changed = (
        update(Consent)
        .where(
            _between(Kept.CONSENT, first, last),
            or_(col(Consent.ip) != "", col(Consent.user_agent) != ""),
        )
        .values(ip="", user_agent="")
        .execution_options(synchronize_session=False)
    )
    return session.connection().execute(changed).rowcount


def _clear_events(session: Session, first: int, last: int) -> int:
    # Taken apart here: PostgreSQL's own operator refuses texts with a NUL, which some events hold.
    detail = cast(col(Event.detail), String)
    rows = session.execute(
        select(col(Event.id), col(Event.detail)).where(
            _between(Kept.EVENT, first, last),
            or_(*[detail.contains(f'"{name}"', autoescape=True) for name in _USER_AGENTS]),
        )
    ).all()
    if not rows:
        return 0
    given = as_rows(session, [(one, _without_user_agent(found)) for one, found in rows]).subquery()
    text: ColumnElement[str] = given.c.text
    session.execute(
        update(Event)
        .where(col(Event.id) == given.c.id)
        .values(detail=text if session.get_bind().dialect.name == "sqlite" else cast(text, JSON))
        .execution_options(synchronize_session=False)
    )
    return len(rows)


def _without_user_agent(detail: dict[str, object]) -> str:
    return json.dumps({name: one for name, one in detail.items() if name not in _USER_AGENTS})


def _between(kept: Kept, first: int, last: int) -> ColumnElement[bool]:
    return (_ID[kept] > first) & (_ID[kept] <= last)
