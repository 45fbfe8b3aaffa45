"""Which readers want an issue: how often they want mail, and what they follow; set-wise.

docs/operations.md says in prose what each choice does.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlmodel import Session, col

from digest.catalog.tables import Contender, Tool
from digest.deliver.tables import Delivery, DeliveryState
from digest.issues.lifecycle import find_issue
from digest.issues.tables import Issue, Pick
from schedules.tables import Schedule
from subscribers.tables import Followed, FollowedKind, Frequency, Subscriber

_NOT_HAD = (DeliveryState.FAILED, DeliveryState.SUPPRESSED)


def wanted(session: Session, number: int) -> tuple[ColumnElement[bool], ...]:
    """Conditions on a subscriber who wants issue `number`. A few statements to know the issue."""
    return (*_often_enough(session, number), *_about(session, number))


def _often_enough(session: Session, number: int) -> tuple[ColumnElement[bool], ...]:
    """Issues by hand count as those of a weekly schedule."""
    issue = find_issue(session, number)
    chosen = col(Subscriber.frequency)
    made = session.scalars(
        select(col(Schedule.frequency)).where(col(Schedule.name) == issue.series)
    ).first()
    if made == Frequency.EVERY:
        return (chosen == Frequency.EVERY,)
    others = _others_of_the_month(session, number, issue.as_of)
    if not others:
        return ()
    had = select(col(Delivery.id)).where(
        col(Delivery.subscriber_id) == col(Subscriber.id),
        col(Delivery.issue_number).in_(others),
        col(Delivery.state).not_in(_NOT_HAD),
    )
    return (or_(chosen != Frequency.MONTHLY, ~exists(had)),)


def _others_of_the_month(session: Session, number: int, as_of: datetime) -> Sequence[int]:
    """Issues that went out, or are going, and were made for the same month, in UTC."""
    first = as_of.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    year, month = (first.year, first.month + 1) if first.month < 12 else (first.year + 1, 1)  # noqa: PLR2004 - December
    found = session.scalars(
        select(col(Issue.number)).where(
            col(Issue.as_of) >= first,
            col(Issue.as_of) < first.replace(year=year, month=month),
            col(Issue.audience).is_not(None),
            col(Issue.number) != number,
        )
    )
    return [one for one in found if one is not None]


def _about(session: Session, number: int) -> tuple[ColumnElement[bool], ...]:
    """Who follows something gets what it is about; who follows nothing gets everything."""
    if session.scalars(select(col(Followed.subscriber_id)).limit(1)).first() is None:
        return ()
    theirs = select(col(Followed.name)).where(col(Followed.subscriber_id) == col(Subscriber.id))
    topics = [
        and_(col(Followed.topic) == topic, col(Followed.name).in_(names))
        for topic, names in _topics(session, number).items()
        if names
    ]
    if not topics:
        return (~exists(theirs),)
    return (or_(~exists(theirs), exists(theirs.where(or_(*topics)))),)


def _topics(session: Session, number: int) -> dict[FollowedKind, set[str]]:
    rows: Any = session.execute(
        select(col(Contender.category), col(Tool.slug))
        .join(Tool, col(Tool.id) == col(Contender.tool_id))
        .join(Pick, col(Pick.comparison_id) == col(Contender.comparison_id))
        .where(col(Pick.issue_number) == number)
    ).all()
    return {
        FollowedKind.CATEGORY: {row[0] for row in rows},
        FollowedKind.TOOL: {row[1] for row in rows},
    }
