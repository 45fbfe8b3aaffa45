"""Proposes the lead-in: one or two sentences that say what is in it for the reader."""

from collections.abc import Iterator
from dataclasses import dataclass

from digest.compose.statements import messages
from digest.compose.statements.issue_facts import IssueFacts, PairFacts, ToolFacts
from digest.compose.statements.of_a_comparison import one_ships
from digest.compose.statements.of_an_issue import shipped
from digest.compose.statements.ranking import rank
from digest.compose.statements.statement import (
    IssueStatement,
    PairStatement,
    Said,
    both,
    candidates,
    share,
)
from digest.language.language import ENGLISH, Language
from digest.language.message import Count, Names, Percent, Value

MAX_LENGTH = 260
READERS_GAP = 20
MANY_TOOLS = 4
MAX_TOPICS = 4
ECHOES = {
    "in-one": {"question-one", "all-and-none"},
    "in-split": {"split"},
    "in-both": {"both", "question-both"},
    "in-nobody": {"nobody", "question-neither"},
    "in-neither": {"question-neither"},
    "in-tie": {"tie"},
    "in-unscored": {"unscored"},
    "in-moved": {"moved", "changed-mind"},
    "in-ships": {"ships-some"},
    "in-all-ship": {"ships-all"},
}
"""Which subjects say the same: a lead-in under them would say it again."""


@dataclass(frozen=True, slots=True)
class LeadIn:
    """The sentences in one text, and the patterns they follow."""

    text: str
    patterns: tuple[str, ...]


def lead_in(issue: IssueFacts, subject_pattern: str = "", language: Language = ENGLISH) -> LeadIn:
    """Return the lead-in for `issue`: one sentence on the lead, one on the rest if there is any."""
    chosen: list[tuple[str, str]] = []
    for statements in (ABOUT_THE_LEAD, ABOUT_THE_ISSUE):
        found = [one for one in candidates(issue, statements) if one.leads]
        fresh = [one for one in found if subject_pattern not in ECHOES.get(one.name, ())]
        for one in rank(issue, fresh):
            text = next(one.candidate.texts(issue, (), language))
            if len(text) + sum(len(said) + 1 for _, said in chosen) <= MAX_LENGTH:
                chosen.append((one.candidate.name, text))
                break
    text = language.sentences([text for _, text in chosen])
    return LeadIn(text, tuple(name for name, _ in chosen))


def _reviewed(pair: PairFacts) -> bool:
    """Whether there are reviews to send the reader to."""
    return all(side.panel.size for side in pair.sides)


def _one(pair: PairFacts) -> Said | None:
    holds = one_ships(pair) and _reviewed(pair)
    return Said({**both(pair), "ahead": pair.ahead}, {}, 0.8, "") if holds else None


def _split(pair: PairFacts) -> Said | None:
    tool = next((one for one in pair.sides if one.panel.is_split and one.panel.size), None)
    return Said({"tool": tool}, {}, 0.8, "") if tool else None


def _both(pair: PairFacts) -> Said | None:
    holds = all(side.panel.all_ship for side in pair.sides) and _prices_differ(pair)
    return Said(both(pair), {}, 0.7, "") if holds else None


def _both_alike(pair: PairFacts) -> Said | None:
    holds = all(side.panel.all_ship for side in pair.sides) and not _prices_differ(pair)
    return Said(both(pair), {}, 0.7, "") if holds else None


def _prices_differ(pair: PairFacts) -> bool:
    left, right = (side.price.casefold() for side in pair.sides)
    return bool(left and right) and left != right


def _nobody(pair: PairFacts) -> Said | None:
    holds = all(side.panel.none_ships for side in pair.sides)
    return Said(both(pair), {}, 0.8, "") if holds else None


def _neither(pair: PairFacts) -> Said | None:
    holds = (
        pair.scored and _reviewed(pair) and not any(side.panel.would_ship for side in pair.sides)
    )
    return Said(both(pair), {}, 0.6, "") if holds else None


def _ahead(pair: PairFacts) -> Said | None:
    holds = pair.gap > 0 and pair.ahead.panel.would_ship
    return Said({**both(pair), "ahead": pair.ahead}, {}, 0.5, "") if holds else None


def _tie(pair: PairFacts) -> Said | None:
    return Said(both(pair), {}, 0.6, "") if pair.tied and _reviewed(pair) else None


def _unscored(pair: PairFacts) -> Said | None:
    tool = next((one for one in pair.sides if one.panel.score is None and one.panel.size), None)
    return Said({"unscored": tool}, {}, 0.6, "") if tool else None


def _priced(pair: PairFacts) -> Said | None:
    return Said(both(pair), {}, 0.2, "") if all(side.price for side in pair.sides) else None


def _plain(pair: PairFacts) -> Said | None:
    return Said(both(pair), {}, 0.1, "")


ABOUT_THE_LEAD = (
    PairStatement("in-one", messages.IN_ONE_QUESTION, _one),
    PairStatement("in-split", messages.IN_SPLIT, _split),
    PairStatement("in-both", messages.IN_BOTH, _both),
    PairStatement("in-both", messages.IN_BOTH_ALIKE, _both_alike),
    PairStatement("in-nobody", messages.IN_NOBODY, _nobody),
    PairStatement("in-neither", messages.IN_NEITHER, _neither),
    PairStatement("in-ahead", messages.IN_AHEAD, _ahead),
    PairStatement("in-tie", messages.IN_TIE, _tie),
    PairStatement("in-unscored", messages.IN_UNSCORED, _unscored),
    PairStatement("in-new", messages.IN_NEW, _priced),
    PairStatement("in-plain", messages.IN_PLAIN, _plain),
)


def _moved(issue: IssueFacts) -> Iterator[Said]:
    # What moved in the lead is told there.
    lead = {side.tool_id for side in issue.lead.sides}
    rest = [side for side in issue.sides if side.tool_id not in lead]
    tool = max(rest, key=lambda side: side.moved, default=issue.lead.left)
    if rest and tool.earlier is not None and tool.moved >= READERS_GAP:
        words: dict[str, Value] = {
            "was": Percent(tool.earlier.score),
            "now": share(tool),
            "issue": tool.earlier.issue,
        }
        yield Said({"tool": tool}, words, 1.2, "")


def _free(issue: IssueFacts) -> Iterator[Said]:
    count = len(issue.tools)
    free = sum(all(page.is_free for page in pages) for pages in issue.tools.values())
    known = all(page.price for pages in issue.tools.values() for page in pages)
    if known and 0 < free < count and count >= MANY_TOOLS:
        yield Said({}, {"free": Count(free), "count": Count(count)}, 0.6, "")


def _ships(issue: IssueFacts) -> Iterator[Said]:
    found = shipped(issue)
    if found and found[1] >= MANY_TOOLS and 0 < found[0] < found[1]:
        words = {"ships": Count(found[0]), "count": Count(found[1])}
        yield Said({}, words, 0.6, "")


def _all_ship(issue: IssueFacts) -> Iterator[Said]:
    found = shipped(issue)
    if found and found[1] >= MANY_TOOLS and found[0] == found[1]:
        yield Said({}, {"count": Count(found[1])}, 0.6, "")


def _unanimous(issue: IssueFacts) -> Iterator[Said]:
    backed = sum(all(page.panel.all_ship for page in pages) for pages in issue.tools.values())
    if 0 < backed < len(issue.tools) and len(issue.tools) >= MANY_TOOLS:
        yield Said({}, {"unanimous": Count(backed)}, 0.5, "")


def _readers(issue: IssueFacts) -> Iterator[Said]:
    def apart(side: ToolFacts) -> float:
        known = side.community is not None and side.panel.score is not None
        return abs((side.community or 0) - (side.panel.score or 0)) if known else 0

    tool = max(issue.sides, key=apart)
    if apart(tool) >= READERS_GAP and tool.community is not None:
        words = {"readers": Percent(tool.community), "panel": share(tool)}
        yield Said({"tool": tool}, words, 0.9, "")


def _topics(issue: IssueFacts) -> Iterator[Said]:
    first = {side.category for side in issue.lead.sides}
    rest = dict.fromkeys(side.category for pair in issue.pairs[1:] for side in pair.sides)
    topics = [one for one in rest if one and one not in first]
    if 1 < len(topics) <= MAX_TOPICS:
        yield Said({}, {"topics": Names(topics)}, 0.5, "")


def _more(issue: IssueFacts) -> Iterator[Said]:
    more = len(issue.pairs) - 1
    if more:
        yield Said({}, {"more": Count(more)}, 0.2, "")


ABOUT_THE_ISSUE = (
    IssueStatement("in-moved", messages.IN_MOVED, _moved),
    IssueStatement("in-free", messages.IN_FREE, _free),
    IssueStatement("in-ships", messages.IN_SHIPS, _ships),
    IssueStatement("in-all-ship", messages.IN_ALL_SHIP, _all_ship),
    IssueStatement("in-unanimous", messages.IN_UNANIMOUS, _unanimous),
    IssueStatement("in-readers", messages.IN_READERS, _readers),
    IssueStatement("in-topics", messages.IN_TOPICS, _topics),
    IssueStatement("in-more", messages.IN_MORE, _more),
)
