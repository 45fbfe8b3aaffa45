"""Which state of a delivery an event proves, in whatever order events arrive (decision 18)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Executable, bindparam, case, func, or_, select, update
from sqlmodel import Session, col

from digest.deliver.ledger.state_counts import Move, count_moves
from digest.deliver.ledger.submitting import is_submitting
from digest.deliver.tables import Delivery, DeliveryState
from digest.events.tables import EventKind
from digest.track.provider_events.delivery_event import DeliveryEvent, MatchedEvent
from store.base import UtcDateTime
from store.index_lookups import prefer_index_lookups
from store.rows import Row, ids_given, ids_parameter, texts_given, texts_parameters

PROVEN_STATE = {
    EventKind.PROCESSED: DeliveryState.SUBMITTED,
    EventKind.DEFERRED: DeliveryState.SUBMITTED,
    EventKind.DROPPED: DeliveryState.FAILED,
    EventKind.DELIVERED: DeliveryState.DELIVERED,
    EventKind.OPENED: DeliveryState.DELIVERED,
    EventKind.CLICKED: DeliveryState.DELIVERED,
    EventKind.UNSUBSCRIBED: DeliveryState.DELIVERED,
    EventKind.BOUNCED: DeliveryState.BOUNCED,
    EventKind.COMPLAINED: DeliveryState.COMPLAINED,
}
"""The state that a delivery has reached at least, once such an event was received."""
_OPEN = (DeliveryState.QUEUED, DeliveryState.UNCERTAIN)
_PROVEN = (
    DeliveryState.SUBMITTED,
    DeliveryState.FAILED,
    DeliveryState.DELIVERED,
    DeliveryState.BOUNCED,
    DeliveryState.COMPLAINED,
)
SUPERSEDES = {state: _OPEN + _PROVEN[:place] for place, state in enumerate(_PROVEN)}
"""The states that a proven state replaces. A queued delivery is among them: what waits to be sent
again is not sent once it is known to have been accepted."""
_RANK = {state: rank for rank, state in enumerate(SUPERSEDES)}


_RANK_OF = {kind: _RANK[state] for kind, state in PROVEN_STATE.items()}
_Proof = tuple[int, DeliveryEvent]
"""The id of a delivery, and the event that proves its state."""


def apply_states(session: Session, matched: Sequence[MatchedEvent], now: datetime) -> None:
    """Moves each delivery to the highest state its events prove, unless it is further already."""
    highest: dict[int, tuple[int, DeliveryEvent]] = {}
    for event, delivery in matched:
        rank = _RANK_OF.get(event.kind)
        if rank is not None:
            known = highest.get(delivery)
            if known is None or rank > known[0]:
                highest[delivery] = (rank, event)
    if not highest:
        return
    proofs: list[list[_Proof]] = [[] for _ in SUPERSEDES]
    for delivery, (rank, event) in highest.items():
        proofs[rank].append((delivery, event))
    sqlite = session.get_bind().dialect.name == "sqlite"
    if not sqlite:
        prefer_index_lookups(session)
        listed = {"ids": ids_parameter(highest, sqlite=False)}
        session.connection().execute(_lock_statement(), listed)
    for state, those in zip(SUPERSEDES, proofs, strict=True):
        if those and _count_moves(session, state, those, sqlite=sqlite):
            values = {"now": now, **_parameters(state, those, sqlite=sqlite)}
            session.connection().execute(_statement(state, sqlite=sqlite), values)


def _count_moves(
    session: Session, state: DeliveryState, proofs: Sequence[_Proof], *, sqlite: bool
) -> bool:
    """Keeps how many of these deliveries will leave which state; False if none will.

    They are locked, or nobody else writes.
    """
    listed = {"ids": ids_parameter([delivery for delivery, _ in proofs], sqlite=sqlite)}
    moves: dict[int, list[Move]] = {}
    rows = session.connection().execute(_before_statement(state, sqlite=sqlite), listed)
    for number, before, deliveries in rows:
        moves.setdefault(number, []).append(Move(DeliveryState(before), state, deliveries))
    for number, its in moves.items():
        count_moves(session, number, its)
    return bool(moves)


def _parameters(
    state: DeliveryState, proofs: Sequence[_Proof], *, sqlite: bool
) -> Mapping[str, str]:
    if state is DeliveryState.SUBMITTED:
        rows: list[Row] = [(delivery, one.provider_id) for delivery, one in proofs]
    elif state in _WITH_CODE:
        rows = [(delivery, (one.code or "")[:20] or None) for delivery, one in proofs]
    else:
        return {"ids": ids_parameter([delivery for delivery, _ in proofs], sqlite=sqlite)}
    return texts_parameters(rows, sqlite=sqlite)


_WITH_CODE = (DeliveryState.FAILED, DeliveryState.BOUNCED)


@cache
def _lock_statement() -> Executable:
    """Locks the rows in id order: two posts about the same people would deadlock otherwise."""
    return (
        select(col(Delivery.id))
        .where(col(Delivery.id).in_(ids_given(sqlite=False)))
        .order_by(col(Delivery.id))
        .with_for_update(key_share=True)
    )


def _is_before(state: DeliveryState) -> ColumnElement[bool]:
    # Not by IN, which SQLAlchemy writes out anew at each execution.
    return or_(*[col(Delivery.state) == one for one in SUPERSEDES[state]])


@cache
def _before_statement(state: DeliveryState, *, sqlite: bool) -> Executable:
    """Counts the deliveries that are in states which `state` replaces, by issue and state."""
    number, before = col(Delivery.issue_number), col(Delivery.state)
    return (
        select(number, before, func.count())
        .where(col(Delivery.id).in_(ids_given(sqlite=sqlite)), _is_before(state))
        .group_by(number, before)
    )


@cache
def _statement(state: DeliveryState, *, sqlite: bool) -> Executable:
    """Moves deliveries to `state`; kept, since building it costs as much as a hundred rows do."""
    # The try at hand has no outcome yet, and was counted by nobody; that of a delivery that waits
    # was.
    tries = case((is_submitting(), col(Delivery.attempts) + 1), else_=col(Delivery.attempts))
    at = bindparam("now", type_=UtcDateTime())
    values: dict[str, Any] = {"state": state, "attempts": tries, "changed_at": at}
    statement = update(Delivery).where(_is_before(state))
    if state is DeliveryState.SUBMITTED or state in _WITH_CODE:
        given = texts_given(sqlite=sqlite).subquery()
        values["code" if state in _WITH_CODE else "provider_id"] = given.c.text
        statement = statement.where(col(Delivery.id) == given.c.id)
    else:
        statement = statement.where(col(Delivery.id).in_(ids_given(sqlite=sqlite)))
    return statement.values(values).execution_options(synchronize_session=False)
