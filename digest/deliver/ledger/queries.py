"""Read deliveries for reports: why some failed, and what one subscriber was sent."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from digest.deliver.tables import Delivery, DeliveryState


def failure_codes(session: Session, number: int, most: int) -> list[tuple[str, int]]:
    """Return (code, how many failed with it) of issue `number`, at most `most`, frequent first."""
    rows = session.execute(
        select(col(Delivery.code), func.count())
        .where(col(Delivery.issue_number) == number, col(Delivery.state) == DeliveryState.FAILED)
        .group_by(col(Delivery.code))
        .order_by(func.count().desc())
        .limit(most)
    )
    return [(code, amount) for code, amount in rows]


def deliveries_to(session: Session, subscriber_id: int) -> Sequence[Delivery]:
    """Return every delivery to one subscriber, in the order that they were made."""
    return session.exec(
        select_rows(Delivery)
        .where(col(Delivery.subscriber_id) == subscriber_id)
        .order_by(col(Delivery.id))
    ).all()
