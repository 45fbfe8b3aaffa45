"""Counts readers' votes on tools: the community score that issues show."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import case, func
from sqlmodel import Session, col, select

from digest.catalog.pages import Verdict
from digest.catalog.queries import ComparisonView
from digest.catalog.tables import Vote

MIN_VOTES = 5
"""Votes that a tool needs: fewer say little, and could be traced to a person."""


def community_scores(
    session: Session, tool_ids: Iterable[int], until: datetime
) -> dict[int, float]:
    """Return the per cent of readers who would ship each tool, by tool id, if enough have voted.

    Counts votes up to `until`, so that an issue does not change while an editor looks at it.
    """
    ships = func.sum(case((col(Vote.verdict) == Verdict.SHIP, 1), else_=0))
    rows = session.exec(
        select(Vote.tool_id, ships, func.count())
        .where(col(Vote.tool_id).in_(set(tool_ids)), col(Vote.at) <= until)
        .group_by(col(Vote.tool_id))
        .having(func.count() >= MIN_VOTES)
    )
    return {tool_id: round(100 * int(shipped) / votes, 1) for tool_id, shipped, votes in rows}


def with_votes(
    session: Session, views: Sequence[ComparisonView], until: datetime
) -> list[ComparisonView]:
    """Return `views` with our readers' score instead of the published one, if enough have voted."""
    tools = {side.tool_id for view in views for side in view.contenders}
    scores = community_scores(session, tools, until)
    return [_with(view, scores) for view in views]


def _with(view: ComparisonView, scores: Mapping[int, float]) -> ComparisonView:
    left, right = (
        replace(side, community_score=scores.get(side.tool_id, side.community_score))
        for side in view.contenders
    )
    return replace(view, contenders=(left, right))
