"""Builds the email's view of one comparison: two sides, a kicker and a sentence."""

from collections.abc import Sequence
from types import MappingProxyType

from digest.catalog.queries import ComparisonView, ContenderView
from digest.catalog.trends import Trends, Week
from digest.compose.content import Matchup, PullQuote, Side
from digest.number_words import percent
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
    return Matchup(
        slug=view.slug,
        title=view.title,
        url=view.url or f"{public_url}/comparisons/{view.slug}",
        left=_side(left, public_url, trends, quotes.left),
        right=_side(right, public_url, trends, quotes.right),
        kicker=_kicker(left, right),
        summary=summary_of(left, right),
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


def count_ships(score: float | None, size: int) -> int | None:
    """Return how many of `size` reviewers are `score` per cent; None if it is no whole number."""
    if score is None or not size:
        return None
    exact = score * size / 100
    return round(exact) if abs(exact - round(exact)) <= 0.02 * size else None


def _trend(weeks: Sequence[Week]) -> tuple[Week, ...]:
    return tuple(weeks[-MAX_TREND_WEEKS:]) if len(weeks) > 1 else ()


def _pull_quote(quote: Quote | None) -> PullQuote | None:
    return PullQuote(quote.lens, quote.text, quote.verdict) if quote else None


def is_divided(side: ContenderView) -> bool:
    return side.panel_score is not None and 0 < side.panel_score < 100  # noqa: PLR2004 - per cent


def _kicker(left: ContenderView, right: ContenderView) -> str:
    scores = (left.panel_score, right.panel_score)
    if None in scores:
        return "Verdict open"
    if is_divided(left) or is_divided(right):
        return "Divided panel"
    if scores == (100, 100):
        return "Both ship"
    if scores == (0, 0):
        return "Neither ships"
    return "Clear verdict"


def summary_of(left: ContenderView, right: ContenderView) -> str:
    if left.panel_score is None or right.panel_score is None:
        missing = left if left.panel_score is None else right
        return f"The panel has not scored {missing.name} yet."
    if left.panel_score == right.panel_score:
        if left.panel_score == 100:  # noqa: PLR2004 - per cent
            return "The whole panel would ship either one."
        if left.panel_score == 0:
            return "Nobody on the panel would ship either one."
        return f"A dead heat: {percent(left.panel_score)} of the panel would ship each."
    ahead, behind = sorted((left, right), key=lambda side: -(side.panel_score or 0))
    assert ahead.panel_score is not None and behind.panel_score is not None  # noqa: S101, PT018 - both known, see above
    return f"{ahead.name} leads, {percent(ahead.panel_score)} to {percent(behind.panel_score)}."
