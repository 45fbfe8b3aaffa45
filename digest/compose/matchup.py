"""Builds the email's view of one comparison out of its page's facts."""

from collections.abc import Sequence
from types import MappingProxyType

from digest.catalog.queries import ComparisonView, ContenderView
from digest.catalog.trends import Trends, Week
from digest.compose.content import Matchup, Side
from digest.compose.statements.panel import count_ships

MAX_TREND_WEEKS = 8
"""Bars of a trend."""


def matchup(
    view: ComparisonView, public_url: str, trends: Trends = MappingProxyType({})
) -> Matchup:
    """Return one comparison as the email shows it, yet without quotes, kicker and sentence."""
    left, right = view.contenders
    return Matchup(
        slug=view.slug,
        title=view.title,
        url=view.url or f"{public_url}/comparisons/{view.slug}",
        left=_side(left, public_url, trends),
        right=_side(right, public_url, trends),
    )


def _side(contender: ContenderView, public_url: str, trends: Trends) -> Side:
    size = len(contender.reviews)
    return Side(
        slug=contender.tool_slug,
        name=contender.name,
        category=contender.category,
        tagline=contender.tagline,
        description=contender.description,
        panel_score=contender.panel_score,
        community_score=contender.community_score,
        entry_price=contender.entry_price,
        ships=count_ships(contender.panel_score, size),
        panel_size=size,
        url=f"{public_url}/tools/{contender.tool_slug}",
        trend=_trend(trends.get(contender.tool_id, ())),
    )


def _trend(weeks: Sequence[Week]) -> tuple[Week, ...]:
    return tuple(weeks[-MAX_TREND_WEEKS:]) if len(weeks) > 1 else ()
