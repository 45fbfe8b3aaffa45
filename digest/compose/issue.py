"""Composes the content of an issue out of its picks."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from types import MappingProxyType

from digest.catalog.queries import ComparisonView
from digest.catalog.trends import Trends
from digest.compose.content import Content, Headline, Matchup
from digest.compose.groups import group_by_tool
from digest.compose.kicker import kicker
from digest.compose.lead_in import lead_in
from digest.compose.matchup import matchup
from digest.compose.quotes import with_quotes
from digest.compose.rows import Rows, since
from digest.compose.statements import messages
from digest.compose.statements.issue_facts import IssueFacts, issue_facts


def compose(
    number: int,
    day: date,
    title: Headline,
    picked: Sequence[ComparisonView],
    public_url: str,
    *,
    trends: Trends = MappingProxyType({}),
    facts: IssueFacts | None = None,
) -> Content:
    """Return the content: the first pick in full, rivals of a tool grouped, the rest in brief.

    `trends` holds panel scores by week for each tool id; `facts` knows the issues before this one
    and what span of time it is of.
    """
    facts = facts or issue_facts(number, picked)
    plain = [matchup(view, public_url, trends) for view in picked]
    lead, *others = _worded(plain, facts)
    grouped = group_by_tool(list(picked[1:]), others, facts.span)
    lead, groups, briefs = with_quotes(lead, *grouped, picked)
    return Content(
        number=number,
        date=day,
        subject=title.subject,
        preheader=title.preheader,
        intro=title.intro or lead_in(facts).text,
        lead=lead,
        groups=tuple(groups),
        briefs=tuple(briefs),
        also=messages.ALSO[facts.span].say(),
    )


def _worded(matchups: Sequence[Matchup], facts: IssueFacts) -> list[Matchup]:
    """Return the matchups with the words that look at the whole issue."""
    rows = Rows()
    told: set[str] = set()
    worded = []
    for one, pair in zip(matchups, facts.pairs, strict=True):
        moved = [text for side in pair.sides if (text := since(side)) and text not in told]
        told.update(moved)
        worded.append(replace(one, summary=rows.sentence(pair), since=" ".join(moved)))
    return [replace(worded[0], kicker=kicker(facts)[1]), *worded[1:]]
