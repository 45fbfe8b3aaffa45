"""Holds back all mail of a store that was restored or copied, until an editor releases it."""

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlmodel import Session, col
from sqlmodel import select as select_one

from digest.deliver.instance import (
    Marker,
    SendingHeldError,
    find_instance,
    new_instance,
    place_of,
    read_marker,
    suspicion,
    write_marker_after_commit,
)
from digest.deliver.ledger.release import close_batches
from digest.deliver.tables import Batch, BatchState, Instance
from digest.deliver.transactional.mail import give_up_open
from digest.issues.tables import Issue, IssueState
from store.engine import Store
from store.insertion import insert_new

log = logging.getLogger(__name__)


@dataclass(slots=True)
class SendingGuard:
    """Answers whether mail may go out of this store; logs once when it may not."""

    store: Store
    clock: Callable[[], datetime]
    _told: bool = False

    def ensure_may_send(self) -> None:
        """Raises SendingHeldError where nothing may be sent; holds a store that is a copy."""
        with self.store.read() as session:
            instance = find_instance(session)
            reason = suspicion(session, instance) if instance else None
        if instance is None or (reason and not instance.held):
            with self.store.write() as session:
                instance = self._settle(session)
        if instance.held:
            raise SendingHeldError(instance.held)

    def may_send(self) -> bool:
        """The same as an answer, for processes that ask again and again."""
        try:
            self.ensure_may_send()
        except SendingHeldError as error:
            if not self._told:
                log.warning("%s", error)
            self._told = True
            return False
        self._told = False
        return True

    def released_at(self, session: Session) -> datetime | None:
        """Returns since when the store may send again; None if it was never held."""
        instance = find_instance(session)
        return instance.released_at if instance else None

    def _settle(self, session: Session) -> Instance:
        """Makes the instance's row where there is none, or holds the store; returns the row."""
        instance = find_instance(session)
        if instance is None:
            new = new_instance(place_of(session))
            statement = insert_new(session, Instance).values(**new.model_dump())
            session.connection().execute(statement)
            instance = session.exec(select_one(Instance)).one()
            write_marker_after_commit(session, Marker(instance.key, instance.claims))
        elif reason := suspicion(session, instance):
            instance = hold(session, reason, self.clock())
        return instance


def hold(session: Session, reason: str, now: datetime) -> Instance:
    """Lets nothing out of the store any more; returns its instance, which is a new one.

    Issues that are being sent are paused, scheduled ones are approved only. Who was being
    submitted to becomes uncertain, and transactional mail that is open is given up: the store that
    this one is a copy of has most likely sent it.
    """
    instance = find_instance(session) or new_instance("")
    marker = read_marker(session)
    instance.key = secrets.token_hex(16)
    instance.place = place_of(session)
    instance.claims = max(instance.claims, marker.claims if marker else 0) + 1
    instance.held, instance.held_at = reason, now
    session.add(instance)
    session.flush()
    write_marker_after_commit(session, Marker(instance.key, instance.claims))
    _pause_issues(session)
    _close_batches(session, now)
    give_up_open(session, now)
    return instance


def release(session: Session, now: datetime) -> bool:
    """Lets mail out again; returns whether it was held. Paused issues stay paused."""
    instance = find_instance(session)
    if instance is None or not instance.held:
        return False
    instance.held, instance.released_at = "", now
    session.add(instance)
    return True


def open_issues(session: Session) -> list[tuple[int, str]]:
    """Returns number and state of the issues that an editor has to decide about."""
    rows = session.execute(
        select(col(Issue.number), col(Issue.state))
        .where(col(Issue.state).in_([IssueState.PAUSED, IssueState.APPROVED]))
        .order_by(col(Issue.number))
    )
    return [(number, state) for number, state in rows]


def _pause_issues(session: Session) -> None:
    session.execute(
        update(Issue)
        .where(col(Issue.state) == IssueState.SENDING)
        .values(state=IssueState.PAUSED)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(Issue)
        .where(col(Issue.state) == IssueState.SCHEDULED)
        .values(state=IssueState.APPROVED, send_at=None)
        .execution_options(synchronize_session=False)
    )


def _close_batches(session: Session, now: datetime) -> None:
    held = session.execute(
        select(col(Batch.issue_number), col(Batch.position)).where(
            col(Batch.state) == BatchState.SUBMITTING
        )
    ).all()
    for number in sorted({number for number, _ in held}):
        close_batches(session, number, [at for one, at in held if one == number], now)
