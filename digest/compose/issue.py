"""Composes the content of an issue out of its picks."""

from collections.abc import Sequence
from datetime import date
from types import MappingProxyType

from digest.catalog.queries import ComparisonView
from digest.catalog.trends import Trends
from digest.compose.content import Content, Headline
from digest.compose.groups import group_by_tool
from digest.compose.matchup import matchup
from digest.compose.subject import introduction
from digest.compose.telling_lines import with_lines
from digest.quotes.issue import issue_habits


def compose(
    number: int,
    day: date,
    title: Headline,
    picked: Sequence[ComparisonView],
    public_url: str,
    *,
    trends: Trends = MappingProxyType({}),
) -> Content:
    """Return the content: the first pick in full, rivals of a tool grouped, the rest in brief.

    `trends` holds panel scores by week for each tool id.
    """
    habits = issue_habits(picked)
    lead, *others = [matchup(view, public_url, trends, habits) for view in picked]
    groups, briefs = with_lines(*group_by_tool(list(picked[1:]), others), picked, habits)
    return Content(
        number=number,
        date=day,
        subject=title.subject,
        preheader=title.preheader,
        intro=introduction(picked),
        lead=lead,
        groups=tuple(groups),
        briefs=tuple(briefs),
    )
