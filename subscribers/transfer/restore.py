"""Restores what only our own export says of people: preferences, topics, lifted suppressions."""

from collections.abc import Sequence

from sqlalchemy import bindparam, insert, update
from sqlmodel import Session, col

from subscribers.tables import (
    Followed,
    Frequency,
    Subscriber,
    SuppressionRemoval,
    TopicKind,
)
from subscribers.transfer.own_export import OwnExportFields


def restore_choices(session: Session, people: Sequence[tuple[int, str, OwnExportFields]]) -> None:
    """Store the choices of new `people`: each their number, address hash and exported fields."""
    connection = session.connection()
    preferences = [
        {
            "number": number,
            "frequency": one.frequency,
            "zone": one.zone,
            "paused_until": one.paused_until,
        }
        for number, _, one in people
        if (one.frequency, one.zone, one.paused_until) != (Frequency.EVERY, "UTC", None)
    ]
    if preferences:
        connection.execute(
            update(Subscriber.__table__)  # type: ignore[attr-defined]
            .where(col(Subscriber.id) == bindparam("number"))
            .values(
                frequency=bindparam("frequency"),
                zone=bindparam("zone"),
                paused_until=bindparam("paused_until"),
            ),
            preferences,
        )
    followed = [
        {"subscriber_id": number, "topic": topic.value, "name": name}
        for number, _, one in people
        for topic, names in (
            (TopicKind.CATEGORY, one.categories),
            (TopicKind.TOOL, one.tools),
        )
        for name in names
    ]
    if followed:
        connection.execute(insert(Followed), followed)
    lifts = [
        {"address_hash": address_hash, **lift}
        for _, address_hash, one in people
        for lift in one.lifts
    ]
    if lifts:
        connection.execute(insert(SuppressionRemoval), lifts)
