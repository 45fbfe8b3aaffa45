"""Collects the facts that an issue's words rest on: tools, pairs, what was said before."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from digest.catalog.queries import ComparisonView, ContenderView
from digest.compose.span import Span
from digest.compose.statements.panel import Panel
from digest.number_words import printed

_MONEY = re.compile(r"[$€£¥]\s?\d|\d\s?[$€£¥]|\b(?:USD|EUR|GBP)\b")
_FREE = re.compile(r"free", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Earlier:
    """The panel score that an earlier issue of the series printed for a tool."""

    issue: int
    score: float


@dataclass(frozen=True, slots=True)
class ToolFacts:
    """A tool as one page has it."""

    tool_id: int
    slug: str
    name: str
    category: str
    panel: Panel
    community: float | None
    price: str
    earlier: Earlier | None = None

    @property
    def is_free(self) -> bool:
        """Whether the page says "Free" and nothing else."""
        return bool(_FREE.fullmatch(self.price.strip()))

    @property
    def is_paid(self) -> bool:
        """Whether the page states an amount above nothing."""
        amount = re.search(r"[1-9]", self.price)
        return bool(amount and _MONEY.search(self.price) and not _FREE.search(self.price))

    @property
    def moved(self) -> float:
        """By how many points the panel's score changed since the earlier issue."""
        if self.earlier is None or self.panel.score is None:
            return 0
        return abs(self.panel.score - self.earlier.score)


@dataclass(frozen=True)
class PairFacts:
    """One comparison: both tools, and who is ahead where both are scored and differ."""

    slug: str
    title: str
    left: ToolFacts
    right: ToolFacts

    @property
    def sides(self) -> tuple[ToolFacts, ToolFacts]:
        return self.left, self.right

    @property
    def scored(self) -> bool:
        return None not in (self.left.panel.score, self.right.panel.score)

    @property
    def tied(self) -> bool:
        return self.scored and self.left.panel.score == self.right.panel.score

    @cached_property
    def ahead(self) -> ToolFacts:
        """The tool with the higher score; the left one if there is none."""
        return max(self.sides, key=lambda side: side.panel.score or 0)

    @cached_property
    def behind(self) -> ToolFacts:
        return self.right if self.ahead is self.left else self.left

    @property
    def gap(self) -> float:
        """Points between the two; 0 where one is not scored."""
        if not self.scored:
            return 0
        return (self.ahead.panel.score or 0) - (self.behind.panel.score or 0)


@dataclass(frozen=True, slots=True)
class PastIssue:
    """An earlier issue of the series: its subject, the patterns of its words, its scores.

    `scores` are those that it printed, by tool slug (several where its pages differed on a tool);
    None where that is not known. `quotes` are what it quoted, as far as that is known.
    """

    number: int
    subject: str
    patterns: frozenset[str] = frozenset()
    scores: Mapping[str, Sequence[float | None]] | None = None
    quotes: tuple[str, ...] = ()


@dataclass(frozen=True)
class IssueFacts:
    """All of an issue: its pairs, the lead first, and the issues before it, the newest first."""

    number: int
    pairs: tuple[PairFacts, ...]
    span: Span = Span.OPEN
    past: tuple[PastIssue, ...] = field(default=())

    @property
    def lead(self) -> PairFacts:
        return self.pairs[0]

    @cached_property
    def sides(self) -> tuple[ToolFacts, ...]:
        """Every tool of every page: twice if it is on two pages."""
        return tuple(side for pair in self.pairs for side in pair.sides)

    @cached_property
    def tools(self) -> dict[int, list[ToolFacts]]:
        """What each page says of a tool, by its id."""
        found: dict[int, list[ToolFacts]] = {}
        for side in self.sides:
            found.setdefault(side.tool_id, []).append(side)
        return found


def issue_facts(
    number: int,
    picked: Sequence[ComparisonView],
    *,
    span: Span = Span.OPEN,
    past: Sequence[PastIssue] = (),
) -> IssueFacts:
    """Return the facts of an issue with these picks, the lead first."""
    pairs = tuple(pair_facts(view, past) for view in picked)
    return IssueFacts(number, pairs, span, tuple(past))


def pair_facts(view: ComparisonView, past: Sequence[PastIssue] = ()) -> PairFacts:
    """Return the facts of one comparison."""
    left, right = (_tool(side, past) for side in view.contenders)
    return PairFacts(view.slug, view.title, left, right)


def _tool(side: ContenderView, past: Sequence[PastIssue]) -> ToolFacts:
    return ToolFacts(
        tool_id=side.tool_id,
        slug=side.tool_slug,
        name=" ".join(side.name.split()),
        category=side.category,
        # As it is printed: who reads 66.7% twice sees a tie.
        panel=Panel(_printed(side.panel_score), len(side.reviews)),
        community=side.community_score,
        price=" ".join(side.entry_price.split()),
        earlier=_earlier(side.tool_slug, past),
    )


def _printed(score: float | None) -> float | None:
    return None if score is None else printed(score)


def _earlier(slug: str, past: Sequence[PastIssue]) -> Earlier | None:
    """Return what the newest issue that had the tool printed; None if it printed no score."""
    for issue in past:
        if issue.scores is not None and slug in issue.scores:
            first, *more = issue.scores[slug]
            return None if first is None or more else Earlier(issue.number, printed(first))
    return None
