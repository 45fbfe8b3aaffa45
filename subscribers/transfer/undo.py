"""Undoes an import: removes subscribers that it added, unless they have acted since."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, exists, func, select
from sqlmodel import Session, col

from store.engine import Store
from store.errors import UserError
from subscribers.tables import Consent, ImportRun, Subscriber, Suppression
from subscribers.transfer import bulk_insert

CHUNK = 5_000
"""Rows a transaction."""


class UndoError(UserError, ValueError):
    """The import can't be undone; the message is one line why."""


@dataclass(frozen=True, slots=True)
class Undone:
    """How many people and suppressions were removed, and how many people stay."""

    people: int
    suppressions: int
    kept: int


def undo_import(store: Store, number: int, untouched: ColumnElement[bool], now: datetime) -> Undone:
    """Undo import `number`. Raises UndoError if there is none, or it was undone before.

    Stays who was mailed (`untouched` is the condition on a Subscriber that says that nobody did),
    and who confirmed, left or changed anything since. Whoever was on the list before the import
    stays as it left them: a withdrawal is not taken back unasked.
    """
    with store.write() as session:
        run = session.get(ImportRun, number, with_for_update=True)
        if run is None:
            raise UndoError(f"there is no import {number}")
        if run.undone_at is not None:
            raise UndoError(f"import {number} was undone on {run.undone_at:%Y-%m-%d}")
        at = run.at
    theirs = _untouched(number, at) & untouched
    people = _delete_people(store, theirs)
    suppressions = _delete_suppressions(store, number, at)
    with store.write() as session:
        kept = _count(session, col(Subscriber.import_run) == number)
        run = session.get(ImportRun, number)
        if run is not None:
            run.undone_at = now
    return Undone(people, suppressions, kept)


def _untouched(number: int, at: datetime) -> ColumnElement[bool]:
    """Return the condition that somebody was added by the import, and has done nothing since."""
    newer = exists().where(col(Consent.subscriber_id) == col(Subscriber.id), col(Consent.at) > at)
    return (col(Subscriber.import_run) == number) & (col(Subscriber.changed_at) <= at) & ~newer


def _delete_people(store: Store, which: ColumnElement[bool]) -> int:
    done = 0
    while True:
        with store.write() as session:
            ids = session.scalars(select(col(Subscriber.id)).where(which).limit(CHUNK)).all()
            if not ids:
                return done
            _delete(session, Subscriber, ids)
            done += len(ids)


def _delete_suppressions(store: Store, number: int, at: datetime) -> int:
    """Delete what the import added, but for the suppressions of people on the list."""
    done = last = 0
    added = (col(Suppression.import_run) == number) & (col(Suppression.at) <= at)
    columns = select(col(Suppression.id), col(Suppression.address_hash)).order_by(
        col(Suppression.id)
    )
    while True:
        with store.write() as session:
            newer = col(Suppression.id) > last
            rows = session.execute(columns.where(added, newer).limit(CHUNK)).all()
            if not rows:
                return done
            last = rows[-1][0]
            column = col(Subscriber.address_hash)
            among = bulk_insert.among(session, column, [value for _, value in rows])
            held = set(session.scalars(select(column).where(among)))
            ids = [row for row, value in rows if value not in held]
            _delete(session, Suppression, ids)
            done += len(ids)


def _delete(
    session: Session, table: type[Subscriber] | type[Suppression], ids: Sequence[int | None]
) -> None:
    session.execute(
        delete(table).where(col(table.id).in_(ids)).execution_options(synchronize_session=False)
    )


def _count(session: Session, which: ColumnElement[bool]) -> int:
    statement = select(func.count()).select_from(Subscriber).where(which)
    return int(session.execute(statement).scalar_one())
