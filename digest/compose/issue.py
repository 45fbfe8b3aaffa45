"""Composes the content of an issue out of its picks."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from types import MappingProxyType

from digest.catalog.queries import ComparisonView
from digest.catalog.trends import Trends
from digest.compose.content import Content, Headline, Matchup
from digest.compose.edits import (
    NO_EDITS,
    EditsBySlug,
    with_choices,
    with_words,
)
from digest.compose.groups import group_by_tool
from digest.compose.kicker import kicker
from digest.compose.lead_in import lead_in
from digest.compose.matchup import matchup
from digest.compose.quotes import with_quotes
from digest.compose.rows import Rows, since
from digest.compose.statements import messages
from digest.compose.statements.issue_facts import IssueFacts, issue_facts
from digest.language.language import ENGLISH, Language

RECENT_ISSUES = 4
"""Issues whose openings of quotes are not to come back at once."""


def compose(
    number: int,
    day: date,
    title: Headline,
    picked: Sequence[ComparisonView],
    public_url: str,
    *,
    trends: Trends = MappingProxyType({}),
    facts: IssueFacts | None = None,
    language: Language = ENGLISH,
    edits: EditsBySlug = MappingProxyType({}),
) -> Content:
    """Return the content: the first pick in full, rivals of a tool grouped, the rest in brief.

    `trends` holds panel scores by week for each tool id; `facts` knows the issues before this one
    and what span of time it is of; `edits` is what editors made of single comparisons.
    """
    facts = facts or issue_facts(number, picked)
    plain = [matchup(view, public_url, trends) for view in picked]
    worded = _worded(plain, facts, language)
    lead, *others = [with_words(one, edits.get(one.slug, NO_EDITS)) for one in worded]
    apart = {slug for slug, one in edits.items() if one.apart}
    grouped = group_by_tool(list(picked[1:]), others, facts.span, language, apart)
    recent = [text for issue in facts.past[:RECENT_ISSUES] for text in issue.quotes]
    quoted = with_quotes(lead, *grouped, picked, recent)
    lead, groups, briefs = with_choices(*quoted, picked, edits)
    return Content(
        number=number,
        date=day,
        subject=title.subject,
        preheader=title.preheader,
        intro=title.intro or lead_in(facts, language=language).text,
        lead=lead,
        groups=tuple(groups),
        briefs=tuple(briefs),
        also=language.say(messages.ALSO[facts.span]),
        closing=title.closing,
    )


def _worded(matchups: Sequence[Matchup], facts: IssueFacts, language: Language) -> list[Matchup]:
    """Return the matchups with the words that look at the whole issue."""
    rows = Rows(language)
    told: set[str] = set()
    worded = []
    for one, pair in zip(matchups, facts.pairs, strict=True):
        texts = [since(side, language) for side in pair.sides]
        moved = [text for text in texts if text and text not in told]
        told.update(moved)
        worded.append(replace(one, summary=rows.sentence(pair), since=language.sentences(moved)))
    return [replace(worded[0], kicker=kicker(facts, language)[1]), *worded[1:]]
