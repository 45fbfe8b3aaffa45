"""What came of the last issues, side by side: engagement, deliverability, and how the list grew."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, func, literal, or_, union_all
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from digest.issues.archive import PUBLIC_STATES
from digest.issues.days import sending_day
from digest.issues.tables import Issue, IssueState
from digest.reports.deliveries import deliveries_by_state, reached
from digest.reports.hits import HitCounts, hit_counts
from digest.reports.mailbox_providers import Groups, counts_by_provider
from subscribers.consent import ConsentKind
from subscribers.tables import Consent, Suppression, SuppressionReason

JOINED = (ConsentKind.CONFIRMED, ConsentKind.IMPORTED)
LOST = (SuppressionReason.BOUNCED, SuppressionReason.COMPLAINED)


@dataclass(frozen=True, slots=True)
class Growth:
    """How the list changed in the time up to an issue, since the one before.

    `left` are people who unsubscribed, `lost` addresses that bounced or complained.
    """

    joined: int = 0
    left: int = 0
    lost: int = 0


@dataclass(frozen=True, slots=True)
class IssueInTime:
    """One issue in the row of them. `audience` is how many were on the list that it went to."""

    number: int
    day: str
    subject: str
    series: str
    audience: int
    deliveries: dict[str, int]
    hits: HitCounts
    growth: Growth | None
    """None for the first issue of the list, before which nothing is compared."""
    providers: Groups

    @property
    def reached(self) -> int:
        return reached(self.deliveries)


def series_with_issues(session: Session) -> list[str]:
    """Return the series of which an issue went out, by name."""
    rows = session.exec(select(Issue.series).where(_went_out()).distinct().order_by(Issue.series))
    return list(rows)


def issues_over_time(session: Session, last: int, series: str = "") -> list[IssueInTime]:
    """Return the last issues that went out, the oldest first; of one series if it is named."""
    wanted = select(Issue).where(_went_out(), col(Issue.audience).is_not(None))
    if series:
        wanted = wanted.where(Issue.series == series)
    found = session.exec(
        # One more than wanted: growth is told since the issue before.
        wanted.order_by(col(Issue.started_at).desc(), col(Issue.number).desc()).limit(last + 1)
    ).all()[::-1]
    shown = found[-last:]
    numbers = [one.number for one in shown if one.number is not None]
    states = deliveries_by_state(session, numbers)
    hits = hit_counts(session, numbers)
    providers = counts_by_provider(session, numbers)
    growth = _growth(session, found)
    return [
        IssueInTime(
            number=number,
            day=sending_day(session, issue).isoformat(),
            subject=issue.subject,
            series=issue.series,
            audience=issue.audience or 0,
            deliveries=dict(states[number]),
            hits=hits[number],
            growth=growth.get(number),
            providers=providers[number],
        )
        for number, issue in zip(numbers, shown, strict=True)
    ]


def _went_out() -> Any:
    return col(Issue.started_at).is_not(None) & or_(
        col(Issue.state).in_(PUBLIC_STATES), col(Issue.state) == IssueState.CANCELLED
    )


def _growth(session: Session, issues: Sequence[Issue]) -> dict[int, Growth]:
    """Count what changed between each two neighbours, by one statement for all of them."""
    moments = [(one.number or 0, one.started_at) for one in issues if one.started_at]
    if len(moments) <= 1:
        return {}
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    for number, what, people in session.execute(_changes(moments)):
        counts[number][what] = people
    return {
        number: Growth(
            counts[number].get("joined", 0),
            counts[number].get("left", 0),
            counts[number].get("lost", 0),
        )
        for number, _ in moments[1:]
    }


def _changes(moments: Sequence[tuple[int, datetime]]) -> Select[Any]:
    """Return the statement that counts people by issue: each table is read once.

    `moments` are the numbers and starts of issues, the oldest first.
    """
    first, last = moments[0][1], moments[-1][1]

    def counted(what: str, table: Any, people: Any, *conditions: Any) -> Select[Any]:
        at = col(table.at)
        # The first that holds: the issue before which it happened.
        number = case(*((at <= until, number) for number, until in moments[1:])).label("number")
        return (
            select_columns(
                number,
                literal(what).label("what"),
                func.count(func.distinct(people)).label("people"),
            )
            .where(at > first, at <= last, *conditions)
            .group_by(number)
        )

    kind, person = col(Consent.kind), col(Consent.subscriber_id)
    reason = col(Suppression.reason)
    parts = union_all(
        counted("joined", Consent, person, kind.in_(JOINED)),
        counted("left", Consent, person, kind == ConsentKind.WITHDRAWN),
        counted("lost", Suppression, col(Suppression.address_hash), reason.in_(LOST)),
    ).subquery()
    return select_columns(parts.c.number, parts.c.what, parts.c.people)
