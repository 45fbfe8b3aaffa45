"""Carries out the policy of `deliver.faults`: keeps faults, and suppresses who is to be."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select, update
from sqlmodel import Session, col

from digest.deliver.bounce_policy.bounce_type import (
    SOFT_BOUNCE_LIMIT,
    BounceType,
    consecutive_soft_bounces,
)
from digest.deliver.tables import Delivery, DeliveryState
from store.rows import Row, as_rows
from subscribers.suppression import suppress_bounced
from subscribers.suppression_removal import last_removals

MAX_NOTE_LENGTH = 500
_FAILED = (DeliveryState.BOUNCED, DeliveryState.FAILED)


class BounceRecord(NamedTuple):
    """A delivery that has failed, `at` when, and what that says; `note` holds no address."""

    delivery_id: int
    fault: BounceType
    note: str
    at: datetime


def apply_bounce_policy(session: Session, charges: Sequence[BounceRecord], now: datetime) -> None:
    """Keeps each fault with its delivery, and suppresses the addresses that it is enough for.

    Few statements for any number of charges, once the deliveries are in their new state.
    """
    # Of two about one delivery the graver counts.
    graver_last = sorted(charges, key=lambda one: one.fault is BounceType.HARD)
    charge_of = {one.delivery_id: one for one in graver_last if one.fault is not BounceType.NONE}
    if not charge_of:
        return
    faulty = list(charge_of.values())
    _keep(session, faulty)
    people = _people(session, faulty)
    often = _often(session, faulty)
    lifted = last_removals(session, [*people.values(), *often])
    notes: dict[int, str] = {}
    for delivery_id, subscriber_id in people.items():
        charge = charge_of[delivery_id]
        # What is older than the day the address was let off is no news.
        if subscriber_id not in lifted or charge.at > lifted[subscriber_id]:
            notes[subscriber_id] = charge.note[:MAX_NOTE_LENGTH]
    for subscriber_id in often:
        if note := _row(session, subscriber_id, lifted.get(subscriber_id)):
            notes.setdefault(subscriber_id, note)
    if notes:
        suppress_bounced(session, notes, now)


def _keep(session: Session, charges: Sequence[BounceRecord]) -> None:
    rows: list[Row] = [(one.delivery_id, str(one.fault)) for one in charges]
    known = as_rows(session, rows).subquery()
    session.execute(
        update(Delivery)
        .where(
            col(Delivery.id) == known.c.id,
            col(Delivery.state).in_(_FAILED),
        )
        .values(fault=known.c.text)
        .execution_options(synchronize_session=False)
    )


def _people(session: Session, charges: Iterable[BounceRecord]) -> dict[int, int]:
    """The subscribers whose address is at fault, by delivery.

    A delivery that did not fail after all (it arrived meanwhile) says nothing.
    """
    rows: list[Row] = [(one.delivery_id, None) for one in charges if one.fault is BounceType.HARD]
    if not rows:
        return {}
    known = as_rows(session, rows).subquery()
    found = session.execute(
        select(col(Delivery.id), col(Delivery.subscriber_id))
        .join(known, known.c.id == col(Delivery.id))
        .where(
            col(Delivery.subscriber_id).is_not(None),
            col(Delivery.fault) == BounceType.HARD,
            col(Delivery.state).in_(_FAILED),
        )
    )
    return {int(one[0]): int(one[1]) for one in found}


def _often(session: Session, charges: Iterable[BounceRecord]) -> list[int]:
    """Subscribers charged in passing now who have enough such charges in all to be looked at."""
    rows: list[Row] = [(one.delivery_id, None) for one in charges if one.fault is BounceType.SOFT]
    if not rows:
        return []
    known = as_rows(session, rows).subquery()
    charged = select(col(Delivery.subscriber_id)).join(known, known.c.id == col(Delivery.id))
    found = session.scalars(
        select(col(Delivery.subscriber_id))
        .where(
            col(Delivery.subscriber_id).in_(charged),
            # In these words, so that the partial index is used.
            col(Delivery.fault).is_not(None),
            col(Delivery.fault) == BounceType.SOFT,
        )
        .group_by(col(Delivery.subscriber_id))
        .having(func.count() >= SOFT_BOUNCE_LIMIT)
        .order_by(col(Delivery.subscriber_id))
    )
    return [int(one) for one in found if one is not None]


def _row(session: Session, subscriber_id: int, lifted: datetime | None) -> str | None:
    """A note where too many issues in a row have failed for them since they were let off."""
    rows = session.execute(
        select(
            col(Delivery.state), col(Delivery.fault), col(Delivery.code), col(Delivery.changed_at)
        )
        .where(col(Delivery.subscriber_id) == subscriber_id)
        .order_by(col(Delivery.issue_number).desc())
    ).all()
    counted = [row for row in rows if lifted is None or row.changed_at > lifted]
    many = consecutive_soft_bounces((one.state, one.fault) for one in counted)
    if many < SOFT_BOUNCE_LIMIT:
        return None
    code = next((one.code for one in counted if one.fault == BounceType.SOFT), None)
    return f"{many} issues in a row failed, the last with {code or 'no code'}"
