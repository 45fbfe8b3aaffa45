"""Reads the reviewer scorecard: quotes to reviews, each with its contender, lens and verdict.

A page gives the quotes lens by lens (builder, skeptic, futurist, founder), the left contender's
before the right one's. If it names lens or contender beside the quotes, that counts instead. A
verdict is only taken from the page; none is derived from the panel score.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from digest.catalog.intake.text import attribution
from digest.catalog.intake.text.lines import Line, Page, matching
from digest.catalog.intake.text.quotes import Scorecard, cut
from digest.catalog.pages import Lens, PageError, ReviewPage

SCORECARD = ("reviewer scorecard", "reviewer scorecards")
T = TypeVar("T")
_LENSES = tuple(Lens)
_PAIR = 2


def find_scorecard(page: Page, after: int) -> int:
    """Return the line of the heading. Raises PageError if there is none, or more than one."""
    found = [i for i in range(after, len(page.lines)) if page.keys[i] in SCORECARD]
    if not found:
        raise page.error(len(page.lines), '"Reviewer scorecard" after both contenders')
    if len(found) > 1:
        raise page.error(found[1], "one page only; put every comparison into a separate file")
    return found[0]


def read_reviews(
    page: Page, start: int, names: tuple[str, str]
) -> tuple[tuple[ReviewPage, ...], tuple[ReviewPage, ...]]:
    """Return the left and the right contender's reviews from line `start` on, in order."""
    card = _cut(page, start)
    if not card.quotes:
        raise page.error(start - 1, "reviews below it, each in “ ”")
    sides = _sides(page, card, names)
    lenses = _lenses(page, card, sides)
    others = [[line for line in gap if _side_in(line, names) is None] for gap in card.gaps]
    verdicts = attribution.beside(others, attribution.verdict_in)
    reviews: tuple[dict[Lens, ReviewPage], dict[Lens, ReviewPage]] = ({}, {})
    for quote, side, lens, verdict in zip(card.quotes, sides, lenses, verdicts, strict=True):
        if lens in reviews[side]:
            raise page.error(quote.index, f"one {lens} review only of {names[side]}")
        reviews[side][lens] = ReviewPage(lens, quote.text, verdict)
    return tuple(reviews[0].values()), tuple(reviews[1].values())


def _cut(page: Page, start: int) -> Scorecard:
    """Return the quotes; one without an end is read by paragraphs if that gives a full panel.

    A quote that was in truth left open would swallow the next, and one would be missing.
    """
    try:
        return cut(page, start)
    except PageError as error:
        try:
            card = cut(page, start, repeated=True)
        except PageError:
            raise error from None
        if len(card.quotes) != _PAIR * len(_LENSES):
            raise
        return card


def _sides(page: Page, card: Scorecard, names: tuple[str, str]) -> Sequence[int]:
    """Return 0 (left) or 1 (right) for each quote."""
    said = _held(page, card, card.gaps, lambda line: _side_in(line, names), "contender")
    if said is None:
        if len(card.quotes) % _PAIR:
            last = card.quotes[-1].index
            expected = "as many reviews of one contender as of the other"
            found = f"{len(card.quotes)} reviews"
            raise PageError(page.source, page.lines[last].number, found, expected)
        return [number % _PAIR for number in range(len(card.quotes))]
    for side, name in enumerate(names):
        if side not in said:
            raise page.error(card.quotes[-1].index, f"a review of {name} too")
    return said


def _side_in(line: Line, names: tuple[str, str]) -> int | None:
    key = matching(line.text)
    return next((side for side, name in enumerate(names) if matching(name) == key), None)


def _lenses(page: Page, card: Scorecard, sides: Sequence[int]) -> Sequence[Lens]:
    said = _held(page, card, card.gaps, attribution.lens_in, "lens")
    if said is not None:
        return said
    lenses: list[Lens] = []
    spoken = [0, 0]
    for quote, side in zip(card.quotes, sides, strict=True):
        if spoken[side] == len(_LENSES):
            raise page.error(quote.index, "four reviews of a contender at most, or named lenses")
        lenses.append(_LENSES[spoken[side]])
        spoken[side] += 1
    if min(spoken) < len(_LENSES):
        # Half a page, or another panel: which lens is missing would be a guess.
        last = card.quotes[-1].index
        found = f"{spoken[0]} and {spoken[1]} reviews"
        expected = "four reviews of each contender, or a named lens beside each"
        raise PageError(page.source, page.lines[last].number, found, expected)
    return lenses


def _held(
    page: Page,
    card: Scorecard,
    gaps: Sequence[Sequence[Line]],
    find: Callable[[Line], T | None],
    what: str,
) -> list[T] | None:
    try:
        return attribution.held(gaps, find)
    except attribution.AmbiguousPageError:
        expected = f"the {what} above every review or below every review"
        raise page.error(card.quotes[0].index, expected) from None
