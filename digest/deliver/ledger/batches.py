"""Add batches: for retries, for what is queued again, for what a limit splits off."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlmodel import Session, col

from digest.deliver.ledger.state_counts import move
from digest.deliver.tables import Batch, BatchState, Delivery, DeliveryState


def add_batch(
    session: Session, number: int, domain: str, not_before: datetime | None = None
) -> int:
    """Add an empty queued batch after the issue's last one; returns its position.

    The caller has locked the issue, so that no two make the same position.
    """
    last = session.execute(
        select(func.max(col(Batch.position))).where(col(Batch.issue_number) == number)
    ).scalar_one()
    position = int(last or 0) + 1
    session.execute(
        insert(Batch).values(
            issue_number=number,
            position=position,
            state=BatchState.QUEUED,
            lane=domain,
            not_before=not_before,
        )
    )
    return position


def queue_in_new_batch(
    session: Session,
    number: int,
    domain: str,
    deliveries: Sequence[int],
    *,
    states: Collection[DeliveryState],
    now: datetime,
    **values: Any,
) -> None:
    """Queue these deliveries in a new batch of that domain, as far as they still are in `states`.

    An event may have come meanwhile. `values` are columns that change as well.
    """
    position = add_batch(session, number, domain)
    for state in states:
        move(
            session,
            number,
            state,
            DeliveryState.QUEUED,
            update(Delivery).where(col(Delivery.id).in_(deliveries)),
            batch_position=position,
            code=None,
            changed_at=now,
            **values,
        )
