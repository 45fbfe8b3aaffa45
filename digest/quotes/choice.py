"""Chooses the sentence of a review that is worth quoting, by stated rules.

A quote is one whole sentence, or some that follow each other, word for word, with at least five
words and within the length the design takes; none that the issue has already. A sentence that
needs the one before it (it points back, joins on, or answers a question) is quoted with that one or
not at all. Of those:

1. one of a reviewer who is known to have the verdict that is wanted here (`QuoteContext.wanted`);
2. one that neither opens its review by habit nor points back;
3. the heaviest: verdict, reason, condition, comparison, figure, less what makes it weak;
4. the earliest.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from digest.catalog.pages import Lens, ReviewPage, Verdict
from digest.quotes.dependence import asks, leans_back, needs_its_predecessor
from digest.quotes.habits import Habits, opening
from digest.quotes.scripts import width, word_count
from digest.quotes.sentences import folded, is_whole, spans
from digest.quotes.stance import Lean, stance

MIN_WORDS = 5
MAX_PULL = 320
"""Columns: what the lead's half of the email takes (13 lines)."""
MAX_LINE = 170
"""Columns of a telling line: two lines of the email, three on a phone."""
_COMFORTABLE = 0.7
"""Share of the longest width up to which a quote reads easily."""
_SHORT = 30
_MOST_TOGETHER = 3
_FEW_COMMAS = 3
# What weighs against a candidate, on the scale of `stance`'s signals.
_BY_HABIT, _SAME_OPENING, _RECENT_OPENING, _SAME_LENS, _TOGETHER = 1.5, 6.0, 3.0, 0.75, 2.0
# A known verdict is not illustrated with its contrary; a divided panel, with a doubt rather.
_CONTRARY, _DOUBT = 3.0, 2.0
_CONTRARY_TO = {Verdict.SHIP: Lean.AGAINST, Verdict.SKIP: Lean.FOR}


@dataclass(frozen=True, slots=True)
class Quote:
    """Words to print. `verdict` is the source's for this review, None where it says none."""

    lens: Lens
    text: str
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class QuoteContext:
    """What is known around the reviews of one tool on one page."""

    habits: Habits
    rivals: tuple[str, ...] = ()
    unanimous: Verdict | None = None
    """The verdict of every review, where the panel's score says so."""
    dissent: Verdict | None = None
    """The minority's verdict, where the panel is divided."""
    wanted: Verdict | None = None
    """The verdict of the reviewer who is to speak here, if one is known to have it."""
    said: frozenset[str] = frozenset()
    """What the issue quotes already; nothing is quoted twice."""
    openings: frozenset[str] = frozenset()
    """How those quotes begin."""
    recent: tuple[str, ...] = ()
    """How each quote of the last issues began: what began many of them weighs more."""
    lenses: frozenset[Lens] = frozenset()
    """Who speaks already beside this quote."""


@dataclass(frozen=True, slots=True, order=True)
class _Candidate:
    rank: tuple[int, int, float, int]
    text: str = field(compare=False)
    review: ReviewPage = field(compare=False)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A quote with its rank, which compares with that of another tool's quote."""

    quote: Quote
    rank: tuple[int, int, float]


def choose(reviews: Sequence[ReviewPage], around: QuoteContext, longest: int) -> Chosen | None:
    """Return the best quote of `reviews` within `longest` columns; None if no sentence fits.

    A reviewer known to have the verdict that is wanted comes first. Where the source does
    not say who has it, every review has the same chance, and none is shown with a verdict.
    """
    ranked = sorted(candidates(reviews, around, longest), reverse=True)
    if not ranked:
        return None
    best = ranked[0]
    verdict = best.review.verdict or around.unanimous
    return Chosen(Quote(best.review.lens, best.text, verdict), best.rank[:3])


def candidates(
    reviews: Sequence[ReviewPage], around: QuoteContext, longest: int
) -> Iterator[_Candidate]:
    """Return every quote that could be printed, with its rank."""
    order = 0
    for review in reviews:
        verdict = review.verdict or around.unanimous
        wanted = around.wanted is not None and verdict is around.wanted
        for one in _quotable(review.quote, longest):
            order -= 1
            if any(one.text in text or text in one.text for text in around.said):
                continue
            by_habit = one.opens and around.habits.opens_by_habit(one.text, first=True)
            rank = (
                int(wanted),
                int(one.is_complete and not by_habit),
                _weight(one.text, review, around, longest) - _TOGETHER * (one.count - 1),
                order,
            )
            yield _Candidate(rank, one.text, review)


@dataclass(frozen=True, slots=True)
class _Quotable:
    """`count` sentences of a review that can be printed; `opens` if they are its first."""

    text: str
    opens: bool
    is_complete: bool
    """Whether they do not point back."""
    count: int


@lru_cache(maxsize=512)
def _quotable(review: str, longest: int) -> tuple[_Quotable, ...]:
    """Return the whole sentences of `review` that fit.

    Such as have under five words, or need the one before them, join with it. A question is left
    out where the review goes on: what it says is in the answer.
    """
    pieces = [span for span in spans(review) if review[span.start : span.end].strip()]
    texts = [folded(review[span.start : span.end]) for span in pieces]
    found: list[_Quotable] = []
    for index in range(len(pieces)):
        if index + 1 < len(pieces) and asks(texts[index]):
            continue
        for start in range(index, max(-1, index - _MOST_TOGETHER), -1):
            text = folded(review[pieces[start].start : pieces[index].end])
            if width(text) > longest:
                break
            needs = _needs_more(texts, start)
            fits = start == index or width(text) <= longest * _COMFORTABLE
            enough = word_count(text) >= MIN_WORDS
            if enough and fits and is_whole(text) and (start == 0 or not needs):
                found.append(_Quotable(text, start == 0, not needs, index - start + 1))
            if enough and not needs:
                break
    return tuple(found)


def _needs_more(texts: Sequence[str], at: int) -> bool:
    """Return whether the sentence `at` is understood only after the one before it."""
    answers = at > 0 and asks(texts[at - 1])
    return answers or needs_its_predecessor(texts[at]) or leans_back(texts[at])


def _weight(text: str, review: ReviewPage, around: QuoteContext, longest: int) -> float:
    """Return the weight of what `text` says, less what speaks against printing it here."""
    said = stance(text, around.rivals)
    weight = said.weight - _unwieldy(text, longest)
    verdict = review.verdict or around.unanimous
    if verdict is not None and said.lean is _CONTRARY_TO[verdict]:
        weight -= _CONTRARY
    elif verdict is None and around.dissent and said.lean in (Lean.AGAINST, Lean.BOTH):
        weight += _DOUBT
    if around.habits.opens_by_habit(text, first=False):
        weight -= _BY_HABIT
    if opening(text, around.habits.names) in around.openings:
        weight -= _SAME_OPENING
    weight -= _RECENT_OPENING * around.recent.count(opening(text, around.habits.names))
    if review.lens in around.lenses:
        weight -= _SAME_LENS
    return weight


def _unwieldy(text: str, longest: int) -> float:
    """Return how hard `text` is to take in at a glance: long, a list, an aside."""
    beyond = width(text) - longest * _COMFORTABLE
    burden = 1.0 + beyond / 45 if beyond > 0 else 0.0
    if width(text) < _SHORT:
        burden += 1.0
    listed = text.count(",") + text.count("、")
    return burden + 0.5 * max(0, listed - _FEW_COMMAS) + 0.5 * text.count("(")
