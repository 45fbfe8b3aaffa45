"""Chooses the quotes of a whole issue: the lead's two, and one telling line for each other pick.

The lead's two speak for both sides, as `both_sides` has it. A telling line is printed without its
verdict, so that there no side is preferred.
"""

import re
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace

from digest.catalog.pages import Lens, Verdict
from digest.catalog.queries import ComparisonView, ContenderView
from digest.quotes.both_sides import Quotes, Wanted, dissent, dissents, speak_for_both, ways
from digest.quotes.choice import MAX_LINE, MAX_PULL, Chosen, Quote, QuoteContext, choose
from digest.quotes.habits import Habits, detect_habits, opening
from digest.quotes.scripts import width, word_count
from digest.quotes.sentences import is_whole, sentences

MIN_DESCRIPTION_WORDS = 5
_UNANIMOUS_VERDICT: dict[float | None, Verdict] = {100.0: Verdict.SHIP, 0.0: Verdict.SKIP}
_BRACKETED = re.compile(r"\s*\([^)]*\)\s*$")


@dataclass(frozen=True, slots=True)
class Line:
    """One telling sentence of a comparison, and which tool it is about.

    `lens` and `verdict` are None where the words are the page's own description.
    """

    text: str
    tool: str
    lens: Lens | None
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class Row:
    """A pick told in brief. `about` is the slug of the tool to speak of, if the row has its own."""

    view: ComparisonView
    about: str | None = None


@dataclass(frozen=True, slots=True)
class IssueQuotes:
    """What an issue quotes: the lead's contenders, then each row in its order."""

    left: Quote | None
    right: Quote | None
    lines: tuple[Line | None, ...]


def issue_quotes(
    lead: ComparisonView,
    rows: Sequence[Row] = (),
    *,
    habits: Habits | None = None,
    earlier: Sequence[str] = (),
) -> IssueQuotes:
    """Return an issue's quotes, no two with the same words nor, if possible, the same opening.

    `habits` are the issue's; without them, they are detected in the comparisons given. `earlier`
    are quotes of the last issues: how they begin is left to them where another sentence serves.
    """
    chosen = _Chosen(habits or issue_habits([lead, *(row.view for row in rows)]), earlier)
    left, right = chosen.pulls(lead)
    return IssueQuotes(left, right, tuple(chosen.line(row) for row in rows))


def issue_habits(views: Sequence[ComparisonView]) -> Habits:
    """Return the openings that reviews of these comparisons share."""
    contenders = [side for view in views for side in view.contenders]
    names = {name for side in contenders for name in _names(side)}
    return detect_habits((review.quote for side in contenders for review in side.reviews), names)


def setting(view: ComparisonView, side: int, found: Habits) -> QuoteContext:
    """Return what the source says around the reviews of one contender of `view`."""
    contender, rival = view.contenders[side], view.contenders[1 - side]
    return QuoteContext(
        habits=found,
        rivals=_names(rival),
        unanimous=_UNANIMOUS_VERDICT.get(contender.panel_score),
        dissent=dissent(contender),
    )


class _Chosen:
    """What an issue has quoted so far."""

    def __init__(self, found: Habits, earlier: Sequence[str]) -> None:
        self.habits = found
        self.recent = tuple(opening(text, found.names) for text in earlier)
        self.said: frozenset[str] = frozenset()
        self.openings: frozenset[str] = frozenset()
        self.lens: Lens | None = None

    def pulls(self, view: ComparisonView) -> tuple[Quote | None, Quote | None]:
        """Return the lead's two quotes, of both sides where both can be had."""
        tried = [(wanted, self._tried(view, wanted)) for wanted in ways(view)]
        found = speak_for_both(view, tried) or self._tried(view, dissents(view))
        left, right = (one.quote if one else None for one in found)
        for quote in filter(None, (left, right)):
            self.note(quote)
        return left, right

    def _tried(self, view: ComparisonView, wanted: Wanted) -> Quotes:
        """Return the best quote of each side by reviewers with these verdicts, if there are any."""
        left = self.best(view, 0, MAX_PULL, wanted[0])
        if left is None:
            return None, self.best(view, 1, MAX_PULL, wanted[1])
        beside = copy(self)
        beside.note(left.quote)
        return left, beside.best(view, 1, MAX_PULL, wanted[1])

    def line(self, row: Row) -> Line | None:
        """Return a line about the row's tool, else the other; without a tool, the best of both."""
        both = (0, 1)
        own = next((at for at in both if row.view.contenders[at].tool_slug == row.about), None)
        for sides in (both,) if own is None else ((own,), (1 - own,)):
            quote, name = self._choose(row.view, sides, MAX_LINE)
            if quote is not None:
                return Line(quote.text, name, quote.lens, quote.verdict)
        return _described(row.view.contenders if own is None else (row.view.contenders[own],))

    def _choose(
        self, view: ComparisonView, sides: Sequence[int], longest: int
    ) -> tuple[Quote | None, str]:
        """Return the best quote about any of `sides`, and the name of the tool it is about."""
        found = [
            (best, view.contenders[side].name)
            for side in sides
            if (best := self.best(view, side, longest))
        ]
        if not found:
            return None, ""
        best, name = max(found, key=lambda one: one[0].rank)
        self.note(best.quote)
        return best.quote, name

    def best(
        self, view: ComparisonView, side: int, longest: int, wanted: Verdict | None = None
    ) -> Chosen | None:
        """Return the best quote of one contender, if possible by a reviewer of that verdict."""
        known = setting(view, side, self.habits)
        around = replace(
            known,
            dissent=known.dissent if longest == MAX_PULL else None,
            wanted=wanted,
            said=self.said,
            openings=self.openings,
            recent=self.recent,
            lenses=frozenset({self.lens} if self.lens else ()),
        )
        return choose(view.contenders[side].reviews, around, longest)

    def note(self, quote: Quote) -> None:
        """Take `quote` as printed."""
        self.lens = quote.lens
        self.said |= {quote.text}
        self.openings |= {opening(quote.text, self.habits.names)}


def _names(contender: ContenderView) -> tuple[str, ...]:
    """Return how a tool is called: "Llama 4 Compact (12B)", and "Llama 4 Compact"."""
    short = _BRACKETED.sub("", contender.name)
    return (contender.name, short) if short and short != contender.name else (contender.name,)


def _described(contenders: Sequence[ContenderView]) -> Line | None:
    """Return a sentence of a description, where no review has one that fits."""
    for contender in contenders:
        for sentence in sentences(contender.description):
            fits = width(sentence) <= MAX_LINE
            if fits and word_count(sentence) >= MIN_DESCRIPTION_WORDS and is_whole(sentence):
                return Line(sentence, contender.name, None, None)
    return None
