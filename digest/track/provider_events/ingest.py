"""Stores what was said about deliveries, once each, and does what follows from it.

Set-wise: a transaction for any number of reports, a few statements for any transaction.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Boolean,
    DateTime,
    Insert,
    Integer,
    String,
    and_,
    case,
    func,
    or_,
    select,
    update,
)
from sqlmodel import Session, col

from digest.deliver.bounce_policy.apply import BounceRecord, apply_bounce_policy
from digest.deliver.tables import Delivery, DeliveryState
from digest.events.tables import Event, EventKind
from digest.issues.tables import Issue
from digest.track.hits.classification import reclassify_later
from digest.track.provider_events.event import PROVEN_STATE, SUPERSEDES, DeliveryEvent, OptOut
from digest.track.provider_events.transactional import ingest_transactional
from store.base import Json
from store.insertion import insert_new
from store.rows import Row, as_rows, as_table
from store.times import database_text
from subscribers.addresses import AddressHasher
from subscribers.consent import ConsentKind, consents_of
from subscribers.preferences import ADDRESS_CHANGE_WORDING
from subscribers.service import unsubscribe
from subscribers.suppression import suppress_complained
from subscribers.suppression_removal import last_removals
from subscribers.tables import Consent, Subscriber

UNTRACKED = (EventKind.OPENED, EventKind.CLICKED)
"""What is not kept of people who do not want it known: the event names nobody then."""
FAILED = (EventKind.BOUNCED, EventKind.DROPPED)
_RANK = {state: rank for rank, state in enumerate(SUPERSEDES)}


class MatchedEvent(NamedTuple):
    """A report that was new, with the delivery it is about."""

    event: DeliveryEvent
    delivery_id: int


def take(
    session: Session, hasher: AddressHasher, events: Sequence[DeliveryEvent], now: datetime
) -> int:
    """Stores the reports that are new and acts on them; returns how many were.

    In the caller's transaction. In whatever order they come, deliveries end in the same states.
    """
    unique = {one.key: one for one in events}
    if not unique:
        return 0
    # In one order for everybody: two posts with the same events must not wait for each other.
    new = _store(session, [unique[key] for key in sorted(unique)])
    known = [MatchedEvent(unique[key], delivery) for key, delivery in new if delivery is not None]
    behind = _left_behind(session, known)
    _settle(session, known, now)
    reclassify_later(session, [one for event, one in known if event.kind is EventKind.DELIVERED])
    _charge(session, [one for one in known if one.delivery_id not in behind], now)
    _act(session, hasher, [one for one in known if one.event.opt_out is not None], now)
    letters = [unique[key] for key, _ in new if unique[key].letter is not None]
    if letters:
        ingest_transactional(session, hasher, letters, now)
    return len(new)


def _store(session: Session, events: Sequence[DeliveryEvent]) -> list[tuple[str, int | None]]:
    """Key and delivery of those that were not there yet."""
    given = as_table(
        session,
        _rows(events, sqlite=_is_sqlite(session)),
        {
            "key": String(),
            "kind": String(),
            "issue": Integer(),
            "subscriber": Integer(),
            "machine": Boolean(),
            "detail": Json(),
            # Not our own type: the text is as the database has it already.
            "at": DateTime(timezone=True),
        },
    ).subquery()
    named = and_(
        col(Delivery.issue_number) == given.c.issue,
        col(Delivery.subscriber_id) == given.c.subscriber,
    )
    tracked = or_(given.c.kind.not_in(UNTRACKED), col(Subscriber.tracking))
    rows = (
        select(
            given.c.key,
            given.c.kind,
            col(Issue.number),
            case((tracked, col(Delivery.id))),
            given.c.machine,
            given.c.detail,
            given.c.at,
        )
        .select_from(given)
        .outerjoin(Issue, col(Issue.number) == given.c.issue)
        .outerjoin(Delivery, named)
        .outerjoin(Subscriber, col(Subscriber.id) == col(Delivery.subscriber_id))
        # SQLite can't tell the ON of a conflict from that of a join without it.
        .where(given.c.key.is_not(None))
    )
    names = ["key", "kind", "issue_number", "delivery_id", "machine", "detail", "at"]
    statement = insert_new(session, Event).from_select(names, rows)
    if _is_sqlite(session):
        return _stored_after(session, statement)
    found = session.connection().execute(
        statement.returning(col(Event.key), col(Event.delivery_id))
    )
    return [(str(key), delivery) for key, delivery in found]


def _stored_after(session: Session, statement: Insert) -> list[tuple[str, int | None]]:
    """As RETURNING would tell, in one row: for each one the driver lets other threads have a turn.

    Nobody else writes meanwhile, so what has a higher number is what was stored.
    """
    last = session.scalar(select(func.max(col(Event.id)))) or 0
    session.connection().execute(statement)
    pairs = func.json_group_array(func.json_array(col(Event.key), col(Event.delivery_id)))
    found = session.scalar(select(pairs).where(col(Event.id) > last))
    return [(key, delivery) for key, delivery in json.loads(found or "[]")]


def _rows(events: Sequence[DeliveryEvent], *, sqlite: bool) -> list[list[Any]]:
    # Few moments for many reports: writing one out costs more than all else here.
    spelt = {at: database_text(at, sqlite=sqlite) for at in {event.at for event in events}}
    nobody = (None, None)
    return [
        [
            one.key,
            one.kind,
            *((one.claims.issue, one.claims.subscriber) if one.claims else nobody),
            # A decision is a person's; and theirs is counted once, however it was told.
            False if one.kind is EventKind.UNSUBSCRIBED else one.machine,
            one.detail,
            spelt[one.at],
        ]
        for one in events
    ]


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _settle(session: Session, known: Sequence[MatchedEvent], now: datetime) -> None:
    """Each delivery becomes what the gravest of its reports proves, unless it is more already."""
    gravest: dict[int, tuple[int, DeliveryEvent]] = {}
    for event, delivery in known:
        state = PROVEN_STATE.get(event.kind)
        if state is not None and _RANK[state] > gravest.get(delivery, (-1, event))[0]:
            gravest[delivery] = (_RANK[state], event)
    if gravest and not _is_sqlite(session):
        _lock(session, gravest)
    for rank, state in enumerate(SUPERSEDES):
        told = {delivery: one for delivery, (its, one) in gravest.items() if its == rank}
        if told:
            _move(session, state, told, now)


def _lock(session: Session, deliveries: Collection[int]) -> None:
    """Always in the same order, or two posts about the same people could hold each other up."""
    wanted = as_rows(session, [(one, None) for one in deliveries]).subquery()
    session.execute(
        select(col(Delivery.id))
        .where(col(Delivery.id).in_(select(wanted.c.id)))
        .order_by(col(Delivery.id))
        .with_for_update(key_share=True)
    )


def _move(
    session: Session, state: DeliveryState, told: Mapping[int, DeliveryEvent], now: datetime
) -> None:
    values: dict[str, Any] = {"state": state, "changed_at": now}
    if state is DeliveryState.SUBMITTED:
        rows: list[Row] = [(delivery, one.provider_id) for delivery, one in told.items()]
        given = as_rows(session, rows).subquery()
        values["provider_id"] = given.c.text
    else:
        rows = [(delivery, (one.code or "")[:20] or None) for delivery, one in told.items()]
        given = as_rows(session, rows).subquery()
        if state in (DeliveryState.FAILED, DeliveryState.BOUNCED):
            values["code"] = given.c.text
    session.execute(
        update(Delivery)
        .where(col(Delivery.id) == given.c.id, col(Delivery.state).in_(SUPERSEDES[state]))
        .values(values)
        .execution_options(synchronize_session=False)
    )


def _left_behind(session: Session, known: Sequence[MatchedEvent]) -> set[int]:
    """Failed deliveries to an address that its reader has left since: they say nothing of the new
    one. To be asked before they are settled, while they still say when they were submitted.
    """
    failed = [(one.delivery_id, None) for one in known if one.event.kind in FAILED]
    if not failed:
        return set()
    wanted = as_rows(session, failed).subquery()
    found = session.scalars(
        select(col(Delivery.id))
        .join(wanted, wanted.c.id == col(Delivery.id))
        .join(Consent, col(Consent.subscriber_id) == col(Delivery.subscriber_id))
        .where(
            col(Consent.wording) == ADDRESS_CHANGE_WORDING,
            col(Consent.at) > col(Delivery.changed_at),
        )
    )
    return {one for one in found if one is not None}


def _charge(session: Session, known: Sequence[MatchedEvent], now: datetime) -> None:
    charges = [
        BounceRecord(delivery, one.fault, f"{one.code or ''} {one.note}".strip(), one.at)
        for one, delivery in known
        if one.kind in FAILED
    ]
    apply_bounce_policy(session, charges, now)


def _act(
    session: Session, hasher: AddressHasher, known: Sequence[MatchedEvent], now: datetime
) -> None:
    """Takes off the list who complained or asked to be; in one order, as everywhere."""
    if not known:
        return
    people = _subscribers(session, known)
    complained = {
        people[delivery]: one
        for one, delivery in known
        if one.opt_out is OptOut.COMPLAIN and delivery in people
    }
    lifted = last_removals(session, list(complained))
    notes = {
        person: one.note
        for person, one in complained.items()
        if person not in lifted or one.at > lifted[person]
    }
    if notes:
        suppress_complained(session, notes, now)
    leaving = {
        people[delivery]: one
        for one, delivery in known
        if one.opt_out is OptOut.UNSUBSCRIBE and delivery in people
    }
    for person in sorted(leaving):
        if not _came_back(session, person, leaving[person].at):
            unsubscribe(session, hasher, person, "told by the provider", now)


def _subscribers(session: Session, known: Sequence[MatchedEvent]) -> dict[int, int]:
    """By delivery; those that are erased are not in it."""
    wanted = as_rows(session, [(one.delivery_id, None) for one in known]).subquery()
    rows = session.execute(
        select(col(Delivery.id), col(Delivery.subscriber_id))
        .join(wanted, wanted.c.id == col(Delivery.id))
        .where(col(Delivery.subscriber_id).is_not(None))
    )
    return {int(row[0]): int(row[1]) for row in rows}


def _came_back(session: Session, person: int, left_at: datetime) -> bool:
    """Whether they agreed anew after they had left: an event may be a day late."""
    said = consents_of(session, person)
    return bool(said) and said[-1].kind != ConsentKind.WITHDRAWN and said[-1].at > left_at
