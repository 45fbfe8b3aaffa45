"""Asks pending subscribers by mail, confirms them on an operator's word, deletes old requests."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, exists, func, select
from sqlmodel import Session, col

from digest.deliver.tables import Delivery
from digest.deliver.transactional.mail import enqueue
from digest.deliver.transactional.tables import TransactionalKind
from store.engine import Store
from store.errors import UserError
from subscribers import suppression
from subscribers.consent import ConsentKind, record_consent
from subscribers.tables import Consent, ImportRun, Subscriber, SubscriberStatus

CHUNK = 500
"""People a transaction."""
REQUEST_WORDING = "Asked by mail whether they want it, as an operator put them on the list."
_WAITING = (ConsentKind.REQUESTED, ConsentKind.INVITED)


class NoSuchImportError(UserError, ValueError):
    """There is no import of that number."""


def never_mailed() -> ColumnElement[bool]:
    """Return the condition on a Subscriber that no issue was ever addressed to them."""
    return ~exists().where(col(Delivery.subscriber_id) == col(Subscriber.id))


def invite_pending(store: Store, per_hour: int, now: datetime, run: int | None = None) -> int:
    """Queue a confirmation to each pending subscriber whom we never asked; return how many.

    They go out at `per_hour`, oldest first; `run` limits it to the people of one import.
    Raises NoSuchImportError.
    """
    _check_run(store, run)
    count = 0
    while True:
        with store.write() as session:
            people = _never_asked(session, run)
            if not people:
                return count
            for person in people:
                at = now + timedelta(hours=count / per_hour)
                assert person.id is not None  # noqa: S101 - it came from the database
                record_consent(session, person.id, ConsentKind.INVITED, REQUEST_WORDING, at)
                enqueue(
                    session,
                    TransactionalKind.CONFIRMATION,
                    person.id,
                    f"invited {now:%Y%m%d%H%M%S}",
                    at,
                    context={"invited": True},
                )
                count += 1


def confirm_by_word(
    store: Store, *, who: str, why: str, now: datetime, run: int | None = None
) -> int:
    """Make pending subscribers active on an operator's word, which is kept; return how many.

    Whoever asked to come on by a form has to confirm by themselves. Raises NoSuchImportError.
    """
    _check_run(store, run)
    count, last = 0, 0
    while True:
        with store.write() as session:
            people = _pending(session, run, last, ConsentKind.IMPORTED, ConsentKind.INVITED)
            if not people:
                return count
            last = people[-1].id or 0
            for person in people:
                if suppression.is_suppressed(session, person.address_hash):
                    continue
                person.status, person.changed_at = SubscriberStatus.ACTIVE, now
                wording = f"{who} takes it on their word: {why}"
                record_consent(session, person.id or 0, ConsentKind.IMPORTED, wording, now)
                count += 1


def expire_pending(store: Store, days: int, now: datetime) -> int:
    """Delete requests that nobody confirmed within `days`; return how many, at most a chunk."""
    if not days:
        return 0
    newest = (
        select(func.max(col(Consent.id)))
        .where(col(Consent.subscriber_id) == col(Subscriber.id))
        .correlate(Subscriber)
        .scalar_subquery()
    )
    stale = (
        select(col(Subscriber.id))
        .join(Consent, col(Consent.id) == newest)
        .where(
            col(Subscriber.status) == SubscriberStatus.PENDING,
            col(Consent.kind).in_(_WAITING),
            col(Consent.at) < now - timedelta(days=days),
        )
        .limit(CHUNK)
    )
    with store.read() as session:
        if session.execute(stale).first() is None:
            return 0
    with store.write() as session:
        ids = session.execute(stale).scalars().all()
        session.execute(
            delete(Subscriber)
            .where(col(Subscriber.id).in_(ids))
            .execution_options(synchronize_session=False)
        )
        return len(ids)


def _check_run(store: Store, run: int | None) -> None:
    if run is None:
        return
    with store.read() as session:
        if session.get(ImportRun, run) is None:
            raise NoSuchImportError(f"there is no import {run}")


def _never_asked(session: Session, run: int | None) -> Sequence[Subscriber]:
    mine = col(Consent.subscriber_id) == col(Subscriber.id)
    # What a file tells of a sign-up elsewhere stands before the record of its import: they were
    # not asked here.
    imported = (
        select(func.coalesce(func.max(col(Consent.id)), 0))
        .where(mine, col(Consent.kind) == ConsentKind.IMPORTED)
        .correlate(Subscriber)
        .scalar_subquery()
    )
    asked = exists().where(mine, col(Consent.kind).in_(_WAITING), col(Consent.id) > imported)
    statement = _of_run(run).where(~asked).order_by(col(Subscriber.id)).limit(CHUNK)
    return session.execute(statement).scalars().all()


def _pending(
    session: Session, run: int | None, after: int, *kinds: ConsentKind
) -> Sequence[Subscriber]:
    newest = (
        select(func.max(col(Consent.id)))
        .where(col(Consent.subscriber_id) == col(Subscriber.id))
        .correlate(Subscriber)
        .scalar_subquery()
    )
    statement = (
        _of_run(run)
        .join(Consent, col(Consent.id) == newest)
        .where(col(Subscriber.id) > after, col(Consent.kind).in_(kinds))
        .order_by(col(Subscriber.id))
        .limit(CHUNK)
    )
    return session.execute(statement).scalars().all()


def _of_run(run: int | None) -> Select[Any]:
    statement = select(Subscriber).where(col(Subscriber.status) == SubscriberStatus.PENDING)
    return statement if run is None else statement.where(col(Subscriber.import_run) == run)
