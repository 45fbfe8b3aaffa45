"""Builds the email's view of one comparison: two sides, a kicker and a sentence."""

from collections.abc import Sequence
from types import MappingProxyType

from digest.catalog.queries import ComparisonView, ContenderView
from digest.catalog.trends import Trends, Week
from digest.compose.content import Matchup, PullQuote, Side
from digest.compose.kicker import kicker
from digest.compose.rows import Rows
from digest.compose.statements.issue_facts import IssueFacts, pair_facts
from digest.compose.statements.panel import count_ships
from digest.quotes.choice import Quote
from digest.quotes.habits import Habits
from digest.quotes.issue import issue_quotes

MAX_TREND_WEEKS = 8
"""Bars of a trend."""


def matchup(
    view: ComparisonView,
    public_url: str,
    trends: Trends = MappingProxyType({}),
    habits: Habits | None = None,
) -> Matchup:
    """Return one comparison as the email shows it.

    `habits` are the openings that reviews of the whole issue share; by default, of this page.
    """
    left, right = view.contenders
    quotes = issue_quotes(view, habits=habits)
    facts = pair_facts(view)
    return Matchup(
        slug=view.slug,
        title=view.title,
        url=view.url or f"{public_url}/comparisons/{view.slug}",
        left=_side(left, public_url, trends, quotes.left),
        right=_side(right, public_url, trends, quotes.right),
        kicker=kicker(IssueFacts(0, (facts,)))[1],
        summary=Rows().sentence(facts),
    )


def _side(contender: ContenderView, public_url: str, trends: Trends, quote: Quote | None) -> Side:
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
        pull=_pull_quote(quote),
        url=f"{public_url}/tools/{contender.tool_slug}",
        trend=_trend(trends.get(contender.tool_id, ())),
    )


def _trend(weeks: Sequence[Week]) -> tuple[Week, ...]:
    return tuple(weeks[-MAX_TREND_WEEKS:]) if len(weeks) > 1 else ()


def _pull_quote(quote: Quote | None) -> PullQuote | None:
    return PullQuote(quote.lens, quote.text, quote.verdict) if quote else None
