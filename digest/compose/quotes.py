"""Gives the lead its pull quotes, and every brief and row of a group its telling line."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from digest.catalog.queries import ComparisonView
from digest.compose.content import Content, Group, Matchup, PullQuote, Side, TellingLine
from digest.quotes.choice import Quote
from digest.quotes.issue import IssueQuotes, Line, Row, issue_quotes


def with_quotes(
    lead: Matchup,
    groups: Sequence[Group],
    briefs: Sequence[Matchup],
    picked: Sequence[ComparisonView],
    earlier: Sequence[str] = (),
) -> tuple[Matchup, list[Group], list[Matchup]]:
    """Return lead, groups and briefs with their quotes, chosen in the order of reading.

    `picked` holds the lead first. A row of a group speaks of the rival, since the shared tool
    stands above all rows. `earlier` are quotes of the last issues.
    """
    views = {view.slug: view for view in picked}
    rows = [Row(views[one.slug], one.right.slug) for group in groups for one in group.matchups]
    rows += [Row(views[one.slug]) for one in briefs]
    found = _chosen(picked[0], tuple(rows), tuple(earlier))
    lead = replace(
        lead, left=_quoted(lead.left, found.left), right=_quoted(lead.right, found.right)
    )
    lines = iter(found.lines)
    told = [replace(group, matchups=tuple(_told(group.matchups, lines))) for group in groups]
    return lead, told, list(_told(briefs, lines))


@lru_cache(maxsize=16)
def _chosen(lead: ComparisonView, rows: tuple[Row, ...], earlier: tuple[str, ...]) -> IssueQuotes:
    """Choose the quotes, once for the same comparisons: a draft is rendered at every key."""
    return issue_quotes(lead, rows, earlier=earlier)


def quotes_of(content: Content) -> dict[str, list[str]]:
    """Return what an issue quotes, by the slug of the comparison."""
    pulls = [side.pull.quote for side in (content.lead.left, content.lead.right) if side.pull]
    rows = [one for group in content.groups for one in group.matchups]
    told = {one.slug: [line.text for line in one.lines] for one in (*rows, *content.briefs)}
    return told | {content.lead.slug: pulls}


def _quoted(side: Side, quote: Quote | None) -> Side:
    return replace(side, pull=PullQuote(quote.lens, quote.text, quote.verdict) if quote else None)


def _told(matchups: Sequence[Matchup], lines: Iterator[Line | None]) -> Iterator[Matchup]:
    for one in matchups:
        yield replace(one, line=_telling(next(lines)))


def _telling(line: Line | None) -> TellingLine | None:
    return TellingLine(line.text, line.tool, line.lens, line.verdict) if line else None
