"""Ranks statements: by how surprising they are here, and by what the last issues said."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log2

from digest.compose.statements.issue_facts import IssueFacts
from digest.compose.statements.statement import Candidate
from digest.number_words import count_of

LEAD_POINTS = 0.8
"""For what the issue opens with: a reader who clicks finds it first."""
REPEATED_POINTS = 1.6
"""Taken off for a pattern of the last issue; less for those before it."""
SAME_TOOL_POINTS = 0.5
RECENT = 3
"""The number of issues in a row that should not name the same tool in the subject."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate, its points, and when its pattern was used last (None: not lately)."""

    candidate: Candidate
    points: float
    last_used: int | None

    def reasons(self, issue: IssueFacts) -> tuple[str, ...]:
        """Say in words why it is proposed."""
        return tuple(_reasons(self, issue))


def rank(issue: IssueFacts, found: Sequence[Candidate]) -> list[Ranked]:
    """Return the candidates, the most telling first."""
    ranked = [_ranked(issue, one) for one in found]
    return sorted(ranked, key=lambda one: -one.points)


def _ranked(issue: IssueFacts, one: Candidate) -> Ranked:
    used = [place for place, past in enumerate(issue.past) if one.name in past.patterns]
    staleness = sum(REPEATED_POINTS * (1 - place / (len(issue.past) + 1)) for place in used)
    surprise = min(1.0, -log2(one.share) / 3)
    points = one.said.strength + surprise + LEAD_POINTS * one.leads - staleness
    names = [tool.name.casefold() for tool in one.said.tools.values()]
    recent = " ".join(past.subject.casefold() for past in issue.past[:RECENT])
    points -= SAME_TOOL_POINTS * any(name in recent for name in names)
    return Ranked(one, points, issue.past[used[0]].number if used else None)


def _reasons(ranked: Ranked, issue: IssueFacts) -> Iterator[str]:
    one = ranked.candidate
    yield one.said.why
    if one.about and one.leads:
        yield "it is the lead"
    if one.about and len(issue.pairs) > 1 and one.name != "versus":
        held = round(one.share * len(issue.pairs))
        total = count_of(len(issue.pairs), "comparison")
        yield f"it holds for {held} of {total}"
    if ranked.last_used is not None:
        yield f"its pattern was used last in issue {ranked.last_used}"
    elif issue.past:
        yield f"its pattern was not used in the last {count_of(len(issue.past), 'issue')}"
