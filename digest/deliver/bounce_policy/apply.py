"""Apply the bounce policy: store each delivery's bounce type, and suppress addresses."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Subquery, func, select, update
from sqlmodel import Session, col

from digest.deliver.bounce_policy.bounce_type import (
    FAILED_STATES,
    SOFT_BOUNCE_LIMIT,
    BounceType,
    consecutive_soft_bounces,
)
from digest.deliver.tables import Delivery
from store.rows import as_rows
from subscribers.suppression import suppress_bounced
from subscribers.suppression_removal import last_removals

MAX_NOTE_LENGTH = 500


class BounceRecord(NamedTuple):
    """A delivery that failed at `at`, and its bounce type; `note` holds no address."""

    delivery_id: int
    bounce_type: BounceType
    note: str
    at: datetime


def apply_bounce_policy(session: Session, records: Sequence[BounceRecord], now: datetime) -> None:
    """Store the bounce type of each delivery, and suppress the addresses that have had enough.

    Called once the deliveries are in their new state. Few statements for any number of records.
    """
    # If a delivery has two records, the hard one counts.
    hard_last = sorted(records, key=lambda one: one.bounce_type is BounceType.HARD)
    record_of = {
        one.delivery_id: one for one in hard_last if one.bounce_type is not BounceType.NONE
    }
    if not record_of:
        return
    bounces = list(record_of.values())
    _store_types(session, bounces)
    hard = _hard_bounced(session, bounces)
    soft = _often_soft_bounced(session, bounces)
    removed = last_removals(session, [*hard.values(), *soft])
    notes: dict[int, str] = {}
    for delivery_id, subscriber_id in hard.items():
        record = record_of[delivery_id]
        # A bounce from before the suppression was last removed says nothing new.
        if subscriber_id not in removed or record.at > removed[subscriber_id]:
            notes[subscriber_id] = record.note[:MAX_NOTE_LENGTH]
    for subscriber_id in soft:
        if note := _soft_bounce_note(session, subscriber_id, removed.get(subscriber_id)):
            notes.setdefault(subscriber_id, note)
    if notes:
        suppress_bounced(session, notes, now)


def _store_types(session: Session, records: Sequence[BounceRecord]) -> None:
    known = as_rows(
        session, [(one.delivery_id, str(one.bounce_type)) for one in records]
    ).subquery()
    session.execute(
        update(Delivery)
        .where(
            col(Delivery.id) == known.c.id,
            col(Delivery.state).in_(FAILED_STATES),
        )
        .values(fault=known.c.text)
        .execution_options(synchronize_session=False)
    )


def _deliveries(
    session: Session, records: Iterable[BounceRecord], bounce_type: BounceType
) -> Subquery | None:
    """Return the deliveries with that bounce type as rows to join with; None if there is none."""
    ids = [one.delivery_id for one in records if one.bounce_type is bounce_type]
    return as_rows(session, [(one, None) for one in ids]).subquery() if ids else None


def _hard_bounced(session: Session, records: Iterable[BounceRecord]) -> dict[int, int]:
    """Return the subscribers with a hard bounce, by delivery.

    A delivery that did not fail after all (it arrived meanwhile) is left out.
    """
    known = _deliveries(session, records, BounceType.HARD)
    if known is None:
        return {}
    found = session.execute(
        select(col(Delivery.id), col(Delivery.subscriber_id))
        .join(known, known.c.id == col(Delivery.id))
        .where(
            col(Delivery.subscriber_id).is_not(None),
            col(Delivery.fault) == BounceType.HARD,
            col(Delivery.state).in_(FAILED_STATES),
        )
    )
    return {int(one[0]): int(one[1]) for one in found}


def _often_soft_bounced(session: Session, records: Iterable[BounceRecord]) -> list[int]:
    """Return the subscribers who soft bounced now, and often enough in all to be looked at."""
    known = _deliveries(session, records, BounceType.SOFT)
    if known is None:
        return []
    bounced = select(col(Delivery.subscriber_id)).join(known, known.c.id == col(Delivery.id))
    found = session.scalars(
        select(col(Delivery.subscriber_id))
        .where(
            col(Delivery.subscriber_id).in_(bounced),
            # Written as in the partial index, so that it is used.
            col(Delivery.fault).is_not(None),
            col(Delivery.fault) == BounceType.SOFT,
        )
        .group_by(col(Delivery.subscriber_id))
        .having(func.count() >= SOFT_BOUNCE_LIMIT)
        .order_by(col(Delivery.subscriber_id))
    )
    return [int(one) for one in found if one is not None]


def _soft_bounce_note(
    session: Session, subscriber_id: int, removed_at: datetime | None
) -> str | None:
    """Return a note if too many issues in a row soft bounced; None if not.

    Only what happened since the suppression was last removed (`removed_at`) counts.
    """
    rows = session.execute(
        select(
            col(Delivery.state), col(Delivery.fault), col(Delivery.code), col(Delivery.changed_at)
        )
        .where(col(Delivery.subscriber_id) == subscriber_id)
        .order_by(col(Delivery.issue_number).desc())
    ).all()
    counted = [row for row in rows if removed_at is None or row.changed_at > removed_at]
    many = consecutive_soft_bounces((one.state, one.fault) for one in counted)
    if many < SOFT_BOUNCE_LIMIT:
        return None
    code = next((one.code for one in counted if one.fault == BounceType.SOFT), None)
    return f"{many} issues in a row failed, the last with {code or 'no code'}"
