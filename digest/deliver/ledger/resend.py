"""What an editor decides of deliveries that failed or are in doubt: send again, or give up.

Never done by the program itself: somebody in doubt may have the message already. It carries the
same Message-ID, so that mail programs which compare it show it once.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, Select, func, insert, select, update
from sqlmodel import Session, col

from digest.deliver.audience.partition import NO_LANES
from digest.deliver.ledger.ledger import lock
from digest.deliver.tables import Batch, BatchState, Delivery, DeliveryState
from digest.issues.lifecycle import find_issue, transition
from digest.issues.tables import IssueState
from subscribers.tables import Subscriber

GIVEN_UP = "given up"


def resend(
    session: Session,
    number: int,
    states: Collection[DeliveryState],
    *,
    email_key: str | None,
    batch_size: int,
    lanes: Mapping[str, int] = NO_LANES,
    now: datetime,
) -> int:
    """Queues the chosen deliveries in new batches; a finished issue is sending again.

    How many; 0 changes nothing. Raises IssueError for an issue that is not being or been sent.
    """
    find_issue(session, number)
    # Held, so that nobody else makes the same positions, and that it does not end meanwhile.
    state = lock(session, number)
    chosen: dict[str, list[int]] = {}
    for delivery, lane in session.execute(_in_lanes(_chosen(number, states, email_key))):
        chosen.setdefault(lane, []).append(delivery)
    if not chosen:
        return 0
    if state != IssueState.SENDING:
        transition(
            session,
            number,
            IssueState.SENDING,
            only_from={IssueState.FINISHED},
            finished_at=None,
        )
    for lane, deliveries in chosen.items():
        size = lanes.get(lane, batch_size)
        for start in range(0, len(deliveries), size):
            _queue(session, number, lane, deliveries[start : start + size], now)
    return sum(map(len, chosen.values()))


def _queue(
    session: Session, number: int, lane: str, deliveries: Sequence[int], now: datetime
) -> None:
    """Into a new batch of that lane."""
    last = session.scalars(
        select(func.max(col(Batch.position))).where(col(Batch.issue_number) == number)
    ).one()
    place = int(last or 0) + 1
    session.execute(
        insert(Batch).values(
            issue_number=number, position=place, state=BatchState.QUEUED, lane=lane
        )
    )
    session.execute(
        update(Delivery)
        .where(col(Delivery.id).in_(deliveries))
        .values(
            state=DeliveryState.QUEUED,
            batch_position=place,
            attempts=0,
            code=None,
            changed_at=now,
        )
    )


def give_up(session: Session, number: int, email_key: str | None, now: datetime) -> int:
    """Counts uncertain deliveries as failed; how many."""
    find_issue(session, number)
    chosen = _chosen(number, [DeliveryState.UNCERTAIN], email_key)
    result = cast(
        "CursorResult[Any]",
        session.execute(
            update(Delivery)
            .where(col(Delivery.id).in_(chosen))
            .values(state=DeliveryState.FAILED, code=GIVEN_UP, changed_at=now)
        ),
    )
    return int(result.rowcount)


def in_doubt(session: Session, number: int, most: int) -> list[str]:
    """The first addresses whose delivery is uncertain."""
    return list(
        session.scalars(
            select(col(Subscriber.email))
            .join(Delivery, col(Delivery.subscriber_id) == col(Subscriber.id))
            .where(
                col(Delivery.issue_number) == number,
                col(Delivery.state) == DeliveryState.UNCERTAIN,
            )
            .order_by(col(Delivery.id))
            .limit(most)
        )
    )


def _in_lanes(chosen: Select[Any]) -> Select[Any]:
    """The same deliveries, each with the lane that it was in."""
    return chosen.add_columns(col(Batch.lane)).join(
        Batch,
        (col(Batch.issue_number) == col(Delivery.issue_number))
        & (col(Batch.position) == col(Delivery.batch_position)),
    )


def _chosen(number: int, states: Collection[DeliveryState], email_key: str | None) -> Select[Any]:
    statement = (
        select(col(Delivery.id))
        .where(col(Delivery.issue_number) == number, col(Delivery.state).in_(list(states)))
        .order_by(col(Delivery.id))
    )
    if email_key is not None:
        people = select(col(Subscriber.id)).where(col(Subscriber.email_key) == email_key)
        statement = statement.where(col(Delivery.subscriber_id).in_(people))
    return statement
