"""Puts into an issue's content what editors made of single comparisons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from digest.catalog.queries import ComparisonView
from digest.compose.content import Group, Matchup, PullQuote, Side, TellingLine


class NoQuote(Enum):
    """An editor's choice to quote nobody about a tool."""

    NO_QUOTE = "none"


NO_QUOTE = NoQuote.NO_QUOTE
QuoteChoice = PullQuote | NoQuote | None
"""The sentence that an editor chose, or none at all; None leaves it to the rules."""


@dataclass(frozen=True, slots=True)
class PickEdits:
    """What an editor made of one comparison; what is empty is left to the rules.

    `left` and `right` are the page's sides, `apart` keeps it out of groups, and of one whose brief
    is `hidden` only names, scores and the link are shown.
    """

    headline: str = ""
    summary: str = ""
    left: QuoteChoice = None
    right: QuoteChoice = None
    apart: bool = False
    hidden: bool = False


NO_EDITS = PickEdits()
EditsBySlug = Mapping[str, PickEdits]


def with_words(matchup: Matchup, edits: PickEdits) -> Matchup:
    """Return the comparison with the editor's headline and summary."""
    summary = edits.summary or matchup.summary
    return replace(matchup, headline=edits.headline, note=edits.summary, summary=summary)


def with_choices(
    lead: Matchup,
    groups: Sequence[Group],
    briefs: Sequence[Matchup],
    picked: Sequence[ComparisonView],
    edits: EditsBySlug,
) -> tuple[Matchup, list[Group], list[Matchup]]:
    """Return lead, groups and briefs with the quotes that editors chose instead of the rules' own.

    Of a brief that is hidden, what is said about it is left out.
    """
    views = {view.slug: view for view in picked}

    def chosen(one: Matchup) -> Matchup:
        own = edits.get(one.slug, NO_EDITS)
        return _without_words(_with_lines(one, views[one.slug], own), own)

    own = edits.get(lead.slug, NO_EDITS)
    told = [replace(group, matchups=tuple(map(chosen, group.matchups))) for group in groups]
    pulled = replace(lead, left=_pulled(lead.left, own.left), right=_pulled(lead.right, own.right))
    return _without_words(pulled, own), told, [chosen(one) for one in briefs]


def _pulled(side: Side, choice: QuoteChoice) -> Side:
    if choice is None:
        return side
    return replace(side, pull=choice if isinstance(choice, PullQuote) else None)


def _without_words(matchup: Matchup, edits: PickEdits) -> Matchup:
    if not edits.hidden:
        return matchup
    return replace(matchup, line=None, second=None, since="", summary="", note="")


def _with_lines(matchup: Matchup, view: ComparisonView, edits: PickEdits) -> Matchup:
    sides = list(zip((edits.left, edits.right), view.contenders, strict=True))
    lines = [
        TellingLine(choice.quote, side.name, choice.lens, choice.verdict)
        for choice, side in sides
        if isinstance(choice, PullQuote)
    ]
    if lines:
        return replace(matchup, line=lines[0], second=lines[1] if len(lines) > 1 else None)
    silent = {side.name for choice, side in sides if choice is NO_QUOTE}
    if matchup.line is not None and matchup.line.tool in silent:
        return replace(matchup, line=None)
    return matchup
