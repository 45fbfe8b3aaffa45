"""Conditions on batches and their deliveries, shared by the ledger's steps."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import col

from digest.deliver.tables import Batch, BatchState, Delivery


def at_positions(number: int, positions: Sequence[int]) -> tuple[Any, ...]:
    """Return conditions on the issue's batches at `positions`."""
    return (col(Batch.issue_number) == number, col(Batch.position).in_(positions))


def deliveries_at(number: int, positions: Sequence[int]) -> tuple[Any, ...]:
    """Return conditions on the deliveries of the issue's batches at `positions`."""
    return (col(Delivery.issue_number) == number, col(Delivery.batch_position).in_(positions))


def due_batches(number: Any, now: Any) -> tuple[Any, ...]:
    """Return conditions on the issue's batches that can be claimed at `now`.

    Both are values or parameters.
    """
    return (
        col(Batch.issue_number) == number,
        col(Batch.state) == BatchState.QUEUED,
        col(Batch.not_before).is_(None) | (col(Batch.not_before) <= now),
    )


def joins_batch() -> Any:
    """Return the condition that joins a delivery to its batch."""
    return (col(Batch.issue_number) == col(Delivery.issue_number)) & (
        col(Batch.position) == col(Delivery.batch_position)
    )
