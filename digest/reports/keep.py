"""Keeps the figures of large issues that were quiet for a while, for `kept` (decision 46)."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, null, select, update
from sqlmodel import Session, col

from digest.events.tables import FigureChange, KeptFigures
from digest.issues.tables import Issue
from digest.reports.counting import HITS, count_hits, count_links
from digest.reports.kept import Figures, as_stored, stamps
from digest.reports.mailbox_providers import count_deliveries, count_readers
from store.engine import Store
from store.insertion import insert_new

MIN_AUDIENCE = 20_000
"""Smaller issues are counted quickly enough."""
QUIET = timedelta(minutes=10)
"""How long nothing may have changed before an issue is counted."""
FOLDED_ABOVE = 50
"""Rows of one issue that are worth folding into one."""


def keep_next(store: Store, now: datetime) -> int | None:
    """Count the newest issue that has been quiet and is not kept; return its number.

    Notes besides which issues have changed. Counting takes a second for each million events, in
    no transaction that others wait for.
    """
    fold_changes(store)
    with store.read() as session:
        numbers = _large(session)
        present = stamps(session, numbers) if numbers else {}
        known = {
            row.issue_number: row
            for row in session.execute(
                select(
                    col(KeptFigures.issue_number),
                    col(KeptFigures.stamp),
                    col(KeptFigures.seen_at),
                    col(KeptFigures.figures).is_not(None).label("is_kept"),
                )
            )
        }
    changed = {
        number: stamp
        for number, stamp in present.items()
        if number not in known or known[number].stamp != stamp
    }
    if changed:
        with store.write() as session:
            _note(session, changed, now)
    for number in numbers:
        row = known.get(number)
        if number in changed or row is None or row.is_kept or row.seen_at > now - QUIET:
            continue
        if keep(store, number):
            return number
    return None


def keep(store: Store, number: int) -> bool:
    """Count an issue and keep its figures; False if it changed meanwhile."""
    with store.read() as session:
        before = stamps(session, [number])[number]
        figures = count(session, number)
        # On PostgreSQL each statement sees what was committed before it.
        if stamps(session, [number])[number] != before:
            return False
    with store.write() as session:
        kept = session.execute(
            update(KeptFigures)
            .where(col(KeptFigures.issue_number) == number, col(KeptFigures.stamp) == before)
            .values(figures=as_stored(figures))
        )
        return bool(kept.rowcount)  # type: ignore[attr-defined]


def count(session: Session, number: int) -> Figures:
    """Count the issue as reports do, but for hits that are not classified."""
    return Figures(
        hits=[row[1:] for row in count_hits(session, [number], HITS, all_of=False)],
        links=[row[1:] for row in count_links(session, [number], all_of=False)],
        states=[row[1:] for row in count_deliveries(session, [number])],
        readers=[row[1:] for row in count_readers(session, [number])],
    )


def fold_changes(store: Store) -> None:
    """Fold the changes of issues that have many into a later one."""
    with store.read() as session:
        many = session.scalars(
            select(col(FigureChange.issue_number))
            .group_by(col(FigureChange.issue_number))
            .having(func.count() > FOLDED_ABOVE)
        ).all()
    for number in many:
        with store.write() as session:
            # Added first, so that no id is used twice.
            added = session.execute(
                insert(FigureChange).values(issue_number=number).returning(col(FigureChange.id))
            ).scalar_one()
            session.execute(
                delete(FigureChange).where(
                    col(FigureChange.issue_number) == number, col(FigureChange.id) < added
                )
            )


def _large(session: Session) -> list[int]:
    return list(
        session.scalars(
            select(col(Issue.number))
            .where(col(Issue.audience) >= MIN_AUDIENCE)
            .order_by(col(Issue.number).desc())
        )
    )


def _note(session: Session, changed: dict[int, str], now: datetime) -> None:
    for number, stamp in changed.items():
        # SQL's NULL: None would be that of JSON.
        values: dict[str, Any] = {"stamp": stamp, "seen_at": now, "figures": null()}
        noted = session.execute(
            update(KeptFigures).where(col(KeptFigures.issue_number) == number).values(values)
        )
        if not noted.rowcount:  # type: ignore[attr-defined]
            session.connection().execute(
                insert_new(session, KeptFigures).values(issue_number=number, **values)
            )
