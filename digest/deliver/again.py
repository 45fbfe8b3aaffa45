"""What an editor decides of deliveries that failed or are in doubt: send again, or give up.

Never done by the program itself: somebody in doubt may have the message already. It carries the
same Message-ID, so that mail programs which compare it show it once.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, Select, func, insert, select, update
from sqlmodel import Session, col

from digest.deliver.tables import Batch, BatchState, Delivery, DeliveryState
from digest.issues.lifecycle import find_issue, move
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
    now: datetime,
) -> int:
    """Queues the chosen deliveries in new batches; a finished issue is sending again.

    How many; 0 changes nothing. Raises IssueError for an issue that is not being or been sent.
    """
    find_issue(session, number)
    chosen = list(session.scalars(_chosen(number, states, email_key)))
    if not chosen:
        return 0
    if find_issue(session, number).state != IssueState.SENDING:
        move(
            session,
            number,
            IssueState.SENDING,
            only_from={IssueState.FINISHED},
            finished_at=None,
        )
    last = session.scalars(
        select(func.max(col(Batch.position))).where(col(Batch.issue_number) == number)
    ).one()
    for place, start in enumerate(range(0, len(chosen), batch_size), start=int(last or 0) + 1):
        session.execute(
            insert(Batch).values(issue_number=number, position=place, state=BatchState.QUEUED)
        )
        session.execute(
            update(Delivery)
            .where(col(Delivery.id).in_(chosen[start : start + batch_size]))
            .values(
                state=DeliveryState.QUEUED,
                batch_position=place,
                attempts=0,
                code=None,
                changed_at=now,
            )
        )
    return len(chosen)


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
