"""Select the subscribers eligible for an issue: one query for the freeze and for counts before it.

A subscriber is eligible who may be mailed (`subscribers.mailable`: status, pause, suppression) and
wants this issue (frequency, and the topics they follow). See docs/operations.md.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlmodel import Session, col

from digest.catalog.tables import Contender, Tool
from digest.deliver.tables import Delivery, DeliveryState
from digest.issues.lifecycle import find_issue
from digest.issues.tables import Issue, Pick
from schedules.tables import Schedule
from subscribers.mailable import mailable_conditions
from subscribers.tables import Followed, Frequency, Subscriber, TopicKind

_NOT_SENT = (DeliveryState.FAILED, DeliveryState.SUPPRESSED)


def eligible(session: Session, number: int, now: datetime) -> Select[Any]:
    """Select the ids of the subscribers who would get issue `number` if it were frozen now.

    Runs a few statements to look the issue up; the result is one statement for any size of list.
    """
    return select(col(Subscriber.id)).where(
        *mailable_conditions(now),
        *_by_frequency(session, number),
        *_by_topic(session, number),
    )


def count_eligible(session: Session, number: int, now: datetime) -> int:
    """Return how many subscribers would get issue `number` if it were frozen now."""
    people = eligible(session, number, now).subquery()
    return int(session.execute(select(func.count()).select_from(people)).scalar_one())


def _by_frequency(session: Session, number: int) -> tuple[ColumnElement[bool], ...]:
    """Return conditions on the frequency that a subscriber chose.

    Issues drafted manually count as those of a weekly schedule.
    """
    issue = find_issue(session, number)
    chosen = col(Subscriber.frequency)
    made_for = session.scalars(
        select(col(Schedule.frequency)).where(col(Schedule.name) == issue.series)
    ).first()
    if made_for == Frequency.EVERY:
        return (chosen == Frequency.EVERY,)
    others = _others_of_the_month(session, number, issue.as_of)
    if not others:
        return ()
    had_one = select(col(Delivery.id)).where(
        col(Delivery.subscriber_id) == col(Subscriber.id),
        col(Delivery.issue_number).in_(others),
        col(Delivery.state).not_in(_NOT_SENT),
    )
    return (or_(chosen != Frequency.MONTHLY, ~exists(had_one)),)


def _others_of_the_month(session: Session, number: int, as_of: datetime) -> Sequence[int]:
    """Return the issues for the same month (UTC) that were sent or are being sent."""
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


def _by_topic(session: Session, number: int) -> tuple[ColumnElement[bool], ...]:
    """Return conditions on the topics that a subscriber follows; none followed means all."""
    if session.scalars(select(col(Followed.subscriber_id)).limit(1)).first() is None:
        return ()
    followed = select(col(Followed.name)).where(col(Followed.subscriber_id) == col(Subscriber.id))
    matches = [
        and_(col(Followed.topic) == topic, col(Followed.name).in_(names))
        for topic, names in _topics_of(session, number).items()
        if names
    ]
    if not matches:
        return (~exists(followed),)
    return (or_(~exists(followed), exists(followed.where(or_(*matches)))),)


def _topics_of(session: Session, number: int) -> dict[TopicKind, set[str]]:
    """Return what the issue is about: categories and tools of its comparisons."""
    rows: Any = session.execute(
        select(col(Contender.category), col(Tool.slug))
        .join(Tool, col(Tool.id) == col(Contender.tool_id))
        .join(Pick, col(Pick.comparison_id) == col(Contender.comparison_id))
        .where(col(Pick.issue_number) == number)
    ).all()
    return {
        TopicKind.CATEGORY: {row[0] for row in rows},
        TopicKind.TOOL: {row[1] for row in rows},
    }
