"""Computes how the panel's score of a tool changed from week to week."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import fmean

from sqlmodel import Session, col, select

from digest.catalog.tables import Comparison, Contender


@dataclass(frozen=True, slots=True)
class Week:
    """The mean panel score, in per cent, of a tool's comparisons in the week from `monday` on."""

    monday: date
    score: float


Trends = Mapping[int, Sequence[Week]]
"""Weeks by tool id, the oldest first; weeks in which a tool was not scored are left out."""


def trends(session: Session, tool_ids: Iterable[int], until: datetime) -> dict[int, list[Week]]:
    """Return the weekly scores of each tool, of comparisons published by `until`.

    The bound makes an old issue look the same whenever it is rendered.
    """
    rows = session.exec(
        select(Contender.tool_id, Comparison.published_at, Contender.panel_score)
        .join(Comparison, col(Comparison.id) == col(Contender.comparison_id))
        .where(
            col(Contender.tool_id).in_(set(tool_ids)),
            col(Contender.panel_score).is_not(None),
            col(Comparison.published_at) <= until,
            col(Comparison.hidden_at).is_(None),
        )
        .order_by(col(Comparison.published_at))
    )
    scores: dict[int, dict[date, list[float]]] = defaultdict(lambda: defaultdict(list))
    for tool_id, published_at, score in rows:
        if score is not None:
            scores[tool_id][monday_of(published_at.date())].append(score)
    return {
        tool_id: [Week(monday, fmean(found)) for monday, found in weeks.items()]
        for tool_id, weeks in scores.items()
    }


def monday_of(day: date) -> date:
    """Return the Monday of the week that `day` is in."""
    return day - timedelta(days=day.weekday())
