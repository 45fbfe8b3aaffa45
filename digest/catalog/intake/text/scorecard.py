"""Reads the reviewer scorecard: quotes to reviews, each with its contender, lens and verdict.

A page gives the quotes lens by lens (builder, skeptic, futurist, founder), the left contender's
before the right one's. If it names lens or contender beside the quotes, that counts instead. A
verdict is only taken from the page; none is derived from the panel score. A review is only taken if
its contender and its lens are certain: by their names, or by its place in a panel of eight.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeVar

from digest.catalog.intake.text import attribution
from digest.catalog.intake.text.lines import Line, Page, matching
from digest.catalog.intake.text.quotes import Scorecard, cut
from digest.catalog.pages import Lens, PageError, ReviewPage

SCORECARD = ("reviewer scorecard", "reviewer scorecards")
T = TypeVar("T")
_LENSES = tuple(Lens)
_PAIR = 2


@dataclass(frozen=True, slots=True)
class Panel:
    """The left and the right contender's reviews; `notes` say what an incomplete panel lacks."""

    reviews: tuple[tuple[ReviewPage, ...], tuple[ReviewPage, ...]]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Speakers:
    """Whose each quote is: side (0 left, 1 right) and lens; None if that would be a guess."""

    of: Sequence[tuple[int, Lens] | None]
    notes: tuple[str, ...] = ()


def find_scorecard(page: Page, after: int) -> int:
    """Return the line of the heading. Raises PageError if there is none, or more than one."""
    found = [i for i in range(after, len(page.lines)) if page.keys[i] in SCORECARD]
    if not found:
        raise page.error(len(page.lines), '"Reviewer scorecard" after both contenders')
    if len(found) > 1:
        raise page.error(found[1], "one page only; put every comparison into a separate file")
    return found[0]


def read_reviews(page: Page, start: int, names: tuple[str, str]) -> Panel:
    """Return both contenders' reviews from line `start` on, in order.

    What is there of an incomplete panel is taken where the page says whose it is, else left out.
    """
    card = _cut(page, start)
    if not card.quotes:
        if card.has_other_lines:
            raise page.error(start - 1, "reviews below it, each in “ ”")
        return Panel(((), ()), ("the page has no reviews",))
    speakers = _speakers(page, card, names)
    others = [[line for line in gap if _side_in(line, names) is None] for gap in card.gaps]
    verdicts = attribution.beside(others, attribution.verdict_in)
    reviews: tuple[dict[Lens, ReviewPage], dict[Lens, ReviewPage]] = ({}, {})
    for quote, speaker, verdict in zip(card.quotes, speakers.of, verdicts, strict=True):
        if speaker is None:
            continue
        side, lens = speaker
        if lens in reviews[side]:
            raise page.error(quote.index, f"one {lens} review only of {names[side]}")
        reviews[side][lens] = ReviewPage(lens, quote.text, verdict)
    notes = speakers.notes or tuple(_missing(reviews, names))
    return Panel((tuple(reviews[0].values()), tuple(reviews[1].values())), notes)


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


def _speakers(page: Page, card: Scorecard, names: tuple[str, str]) -> _Speakers:
    """Return whose each quote is: as the page says, else by the place of each in a whole panel."""
    sides = _held(page, card, lambda line: _side_in(line, names), "contender")
    lenses = _held(page, card, attribution.lens_in, "lens")
    for side, name in enumerate(names):
        if sides is not None and side not in sides:
            raise page.error(card.quotes[-1].index, f"a review of {name} too")
    if sides is not None and lenses is not None:
        return _Speakers(list(zip(sides, lenses, strict=True)))
    if sides is not None:
        return _by_side(page, card, sides, names)
    return _by_place(page, card) if lenses is None else _by_lens(page, card, lenses)


def _by_place(page: Page, card: Scorecard) -> _Speakers:
    """Take a whole panel: lens by lens, the left contender's before the right one's."""
    whole = [(side, lens) for lens in _LENSES for side in range(_PAIR)]
    count = len(card.quotes)
    if count > len(whole):
        raise _too_many(page, card, len(whole))
    if count == len(whole):
        return _Speakers(whole)
    note = f"{_reviews(count)} of {len(whole)}, and the page does not say whose: none is taken"
    return _Speakers([None] * count, (note,))


def _by_side(
    page: Page, card: Scorecard, sides: Sequence[int], names: tuple[str, str]
) -> _Speakers:
    """Take the reviews of a contender that has all four, which speak in the order of the lenses."""
    of: list[tuple[int, Lens] | None] = []
    spoken = [0, 0]
    for number, side in enumerate(sides):
        if spoken[side] == len(_LENSES):
            raise _too_many(page, card, number)
        of.append((side, _LENSES[spoken[side]]))
        spoken[side] += 1
    short = [side for side in range(_PAIR) if spoken[side] < len(_LENSES)]
    notes = tuple(
        f"{_reviews(spoken[side])} of {names[side]} instead of {len(_LENSES)}, and the page does "
        "not say by whom: none is taken"
        for side in short
    )
    return _Speakers([None if one is None or one[0] in short else one for one in of], notes)


def _by_lens(page: Page, card: Scorecard, lenses: Sequence[Lens]) -> _Speakers:
    """Take each lens that speaks twice in a row, of the left contender first."""
    of: list[tuple[int, Lens] | None] = []
    notes = []
    seen: set[Lens] = set()
    for lens, run in groupby(lenses):
        count = len(list(run))
        if lens in seen or count > _PAIR:
            expected = f"one {lens} review only of each contender, the two side by side"
            raise page.error(card.quotes[len(of)].index, expected)
        seen.add(lens)
        of += [(side, lens) for side in range(_PAIR)] if count == _PAIR else [None]
        if count < _PAIR:
            notes.append(f"one {lens} review, and the page does not say of which tool: left out")
    notes += [f"no {lens} review" for lens in _LENSES if lens not in seen]
    return _Speakers(of, tuple(notes))


def _missing(reviews: Sequence[Mapping[Lens, ReviewPage]], names: tuple[str, str]) -> Iterator[str]:
    for held, name in zip(reviews, names, strict=True):
        missing = [lens for lens in _LENSES if lens not in held]
        if missing:
            yield f"no {' and no '.join(missing)} review of {name}"


def _reviews(count: int) -> str:
    return "1 review" if count == 1 else f"{count} reviews"


def _too_many(page: Page, card: Scorecard, number: int) -> PageError:
    expected = "four reviews of a contender at most, or named lenses"
    return page.error(card.quotes[number].index, expected)


def _side_in(line: Line, names: tuple[str, str]) -> int | None:
    key = matching(line.text)
    return next((side for side, name in enumerate(names) if matching(name) == key), None)


def _held(
    page: Page,
    card: Scorecard,
    find: Callable[[Line], T | None],
    what: str,
) -> list[T] | None:
    try:
        return attribution.held(card.gaps, find)
    except attribution.AmbiguousPageError:
        expected = f"the {what} above every review or below every review"
        raise page.error(card.quotes[0].index, expected) from None
