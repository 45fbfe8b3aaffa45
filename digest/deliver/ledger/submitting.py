"""Which deliveries are being submitted: the queued ones of batches that a worker holds.

A claim writes to its batches alone; a delivery is written to once its outcome is known (decision
48).
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, case, exists, func, literal, select
from sqlmodel import Session, col

from digest.deliver.ledger.conditions import joins_batch
from digest.deliver.tables import Batch, BatchState, Delivery, DeliveryState


def is_submitting() -> ColumnElement[bool]:
    """Return the condition that a delivery is being submitted."""
    held = exists().where(joins_batch(), col(Batch.state) == BatchState.SUBMITTING)
    return (col(Delivery.state) == DeliveryState.QUEUED) & held.correlate(Delivery)


def reported_state() -> ColumnElement[str]:
    """Return a delivery's state as people are told it."""
    submitting = literal(DeliveryState.SUBMITTING.value)
    return case((is_submitting(), submitting), else_=col(Delivery.state))


def count_submitting(session: Session, numbers: Collection[int]) -> dict[int, int]:
    """Return how many deliveries of each issue are being submitted, if any are.

    Looks at the deliveries of held batches alone.
    """
    queued = (
        select(func.count())
        .where(joins_batch(), col(Delivery.state) == DeliveryState.QUEUED)
        .correlate(Batch)
        .scalar_subquery()
    )
    rows: Any = session.execute(
        select(col(Batch.issue_number), queued).where(
            col(Batch.issue_number).in_(numbers), col(Batch.state) == BatchState.SUBMITTING
        )
    )
    found: dict[int, int] = {}
    for number, deliveries in rows:
        found[number] = found.get(number, 0) + int(deliveries)
    return found


def split_queued(session: Session, found: dict[int, dict[str, int]]) -> None:
    """Count those that are being submitted apart from what is queued, by issue and state."""
    for number, held in count_submitting(session, found).items():
        counts = found[number]
        # Of two statements the second may see a claim that the first did not.
        submitting = min(held, counts[DeliveryState.QUEUED])
        counts[DeliveryState.QUEUED] -= submitting
        counts[DeliveryState.SUBMITTING] += submitting
