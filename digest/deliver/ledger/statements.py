"""What every claim and every outcome executes, built once: building it anew takes longer than it.

They are executed by the session's connection, since the session would look for objects to update.
"""

from typing import Any

from sqlalchemy import BigInteger, Integer, Update, and_, bindparam, select, update
from sqlmodel import col

from digest.deliver.ledger.conditions import due_batches
from digest.deliver.tables import Batch, BatchState, Delivery, DeliveryState
from digest.issues.tables import Issue
from store.base import UtcDateTime
from store.rows import texts_given
from subscribers.mailable import mailable_conditions
from subscribers.tables import Subscriber

_NUMBER: Any = bindparam("number", type_=Integer)
_POSITIONS: Any = bindparam("positions", type_=Integer, expanding=True)
_NOW: Any = bindparam("now", type_=UtcDateTime)

_BATCHES = (col(Batch.issue_number) == _NUMBER, col(Batch.position).in_(_POSITIONS))
"""Conditions on the batches at `positions`."""


_IS_QUEUED = (
    col(Delivery.issue_number) == _NUMBER,
    col(Delivery.batch_position).in_(_POSITIONS),
    col(Delivery.state) == DeliveryState.QUEUED,
)
"""Conditions on the deliveries of these batches that have no outcome yet."""
_RECIPIENT: tuple[Any, ...] = (
    col(Delivery.batch_position),
    col(Delivery.id),
    col(Subscriber.public_id),
    col(Subscriber.link_epoch),
    col(Subscriber.legacy_number),
    col(Subscriber.email),
    col(Subscriber.first_name),
    col(Subscriber.tracking),
)
"""A recipient's batch, then the fields of Recipient."""


_STATE_OF_ISSUE = select(col(Issue.state)).where(col(Issue.number) == _NUMBER)

# A pause or a cancellation that has returned is never followed by a claim. The lock is shared where
# nothing but batches is claimed.
ISSUE_STATE = _STATE_OF_ISSUE.with_for_update(read=True)
ISSUE_STATE_WITH_LIMITS = _STATE_OF_ISSUE.with_for_update(key_share=True)
DUE = (
    select(col(Batch.position))
    .where(*due_batches(_NUMBER, _NOW))
    .order_by(col(Batch.position))
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True)
)
"""The positions of due batches, at most `most`."""
CLAIM = (
    update(Batch)
    .where(*_BATCHES)
    .values(
        state=BatchState.SUBMITTING,
        claimed_by=bindparam("worker", type_=BigInteger),
        claimed_at=_NOW,
    )
)
RECIPIENTS = (
    select(*_RECIPIENT, and_(*mailable_conditions(_NOW)))
    .outerjoin(Subscriber, col(Subscriber.id) == col(Delivery.subscriber_id))
    .where(*_IS_QUEUED)
    .order_by(col(Delivery.batch_position), col(Delivery.id))
)
"""Who is in the batches at `positions`, and last whether they may be mailed."""


_TRIES = {DeliveryState.QUEUED: 1, DeliveryState.UNCERTAIN: 0}
"""By how much an answer adds to the tries: that of an uncertain delivery was counted."""


def _accepted_one(before: DeliveryState) -> str:
    return (
        f"UPDATE delivery SET state = 'submitted', attempts = attempts + {_TRIES[before]}, "  # noqa: S608 - fixed words
        f"provider_id = ?, changed_at = ? WHERE id = ? AND state = '{before}'"
    )


ACCEPTED_ONE = {before: _accepted_one(before) for before in _TRIES}
"""For SQLite, where parameters for each delivery take less than a list to be taken apart."""


def _accepted(before: DeliveryState) -> Update:
    known = texts_given(sqlite=False).subquery()
    return (
        update(Delivery)
        .where(col(Delivery.id) == known.c.id, col(Delivery.state) == before)
        .values(
            state=DeliveryState.SUBMITTED,
            attempts=col(Delivery.attempts) + _TRIES[before],
            provider_id=known.c.text,
            changed_at=_NOW,
        )
    )


ACCEPTED = {before: _accepted(before) for before in _TRIES}
"""For PostgreSQL, by the state before. Each row is a delivery with the provider's id."""
UNCERTAIN = (
    update(Delivery)
    .where(*_IS_QUEUED)
    .values(state=DeliveryState.UNCERTAIN, attempts=col(Delivery.attempts) + 1, changed_at=_NOW)
)
DONE = (
    update(Batch)
    .where(*_BATCHES)
    .values(state=BatchState.DONE, claimed_by=None, claimed_at=None, done_at=_NOW)
)
