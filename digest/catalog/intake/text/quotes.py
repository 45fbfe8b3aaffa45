"""Splits a scorecard into quotes and the lines between them.

A quote begins its line with “ and ends one with ”; it may span lines and contain quotes.
Some typesetters repeat the “ at each paragraph of a quote and close it once (`repeated`).
Straight quotes are read too, though they have no direction.
"""

from dataclasses import dataclass, field

from digest.catalog.intake import limits
from digest.catalog.intake.text.lines import Line, Page
from digest.catalog.pages import PageError

OPENING = ("“", '"')
CLOSING = ("”", '"')
# Where the reviews are over: the invitation to the newsletter, or links to other pages.
_ENDS = frozenset(
    (
        "weekly ai tool verdicts",
        "get the next comparison in your inbox",
        "more comparisons",
        "related comparisons",
    )
)


@dataclass(frozen=True, slots=True)
class Quote:
    """A review's words without quotation marks; `index` is the line they begin on."""

    index: int
    text: str


@dataclass(slots=True)
class Scorecard:
    """The quotes and gaps: `gaps[n]` are the lines before quote n, the last are after all."""

    quotes: list[Quote] = field(default_factory=list)
    gaps: list[list[Line]] = field(default_factory=lambda: [[]])
    has_other_lines: bool = False
    """Whether lines other than quotes are there."""


def cut(page: Page, start: int, *, repeated: bool = False) -> Scorecard:
    """Split lines from `start` to the page's footer. Raises PageError if a quote has no end.

    `repeated`: a “ that begins a line while a quote is open continues that quote.
    """
    card = Scorecard()
    index = start
    while index < len(page.lines) and page.keys[index] not in _ENDS:
        line = page.lines[index]
        if line.text.startswith(OPENING):
            end = _closing_of_repeated(page, index) if repeated else _closing(page, index)
            card.quotes.append(Quote(index, _words(page, index, end)))
            card.gaps.append([])
            index = end + 1
            continue
        if line.text.endswith("”"):
            raise page.error(index, "a quote to begin on a new line")
        card.gaps[-1].append(line)
        card.has_other_lines = True
        index += 1
    _shorten_last_gap(card)
    return card


def _shorten_last_gap(card: Scorecard) -> None:
    """Drop the footer: after the last quote come as many labels as after the others."""
    longest = max((len(gap) for gap in card.gaps[1:-1]), default=0)
    del card.gaps[-1][longest:]


def _closing(page: Page, start: int) -> int:
    """Return the line on which the quote that begins at `start` ends."""
    is_curly = page.lines[start].text.startswith("“")
    balance = 0
    for index in range(start, len(page.lines)):
        text = page.lines[index].text
        if index > start and (page.keys[index] in _ENDS or _is_whole_quote(text)):
            break
        balance += text.count("“") - text.count("”") if is_curly else text.count('"')
        is_end = text.endswith("”" if is_curly else '"') and (index > start or len(text) > 1)
        is_balanced = balance <= 0 if is_curly else balance % 2 == 0
        if is_end and (is_balanced or _begins_next(page, index + 1)):
            return index
    raise _unclosed(page, start)


def _closing_of_repeated(page: Page, start: int) -> int:
    """Return the line on which the quote that begins at `start` ends, if each paragraph has a “."""
    balance = 0
    for index in range(start, len(page.lines)):
        text = page.lines[index].text
        if index > start and page.keys[index] in _ENDS:
            break
        balance += text.count("“") - text.count("”") - (index > start and _goes_on(text))
        if text.endswith("”") and balance <= 0:
            return index
    raise _unclosed(page, start)


def _goes_on(text: str) -> bool:
    """Return whether the “ that begins `text` repeats that of the open quote."""
    return text.startswith("“") and text.count("“") >= text.count("”")


def _is_whole_quote(text: str) -> bool:
    """Return whether a line is a separate quote, so that the one before it was never closed."""
    if text.startswith("“"):
        return text.endswith("”") and text.count("“") == text.count("”")
    return len(text) > 1 and text.startswith('"') and text.endswith('"') and not text.count('"') % 2


def _begins_next(page: Page, index: int) -> bool:
    if index >= len(page.lines):
        return True
    return page.keys[index] in _ENDS or page.lines[index].text.startswith(OPENING)


def _words(page: Page, start: int, end: int) -> str:
    whole = " ".join(_paragraphs([line.text for line in page.lines[start : end + 1]]))
    words = whole[1:-1].strip()
    if not words:
        raise page.error(start, "words between the quotation marks")
    return page.bounded(start, words, limits.PROSE, "a quote")


def _paragraphs(lines: list[str]) -> list[str]:
    """Return `lines` without the “ that begins a further paragraph of the same quote."""
    left_open = sum(text.count("“") - text.count("”") for text in lines)
    result = lines[:1]
    for text in lines[1:]:
        again = left_open > 0 and _goes_on(text)
        left_open -= again
        result.append(text.removeprefix("“").lstrip() if again else text)
    return result


def _unclosed(page: Page, start: int) -> PageError:
    mark = "”" if page.lines[start].text.startswith("“") else '"'
    return page.error(start, f"a quote that ends with {mark}")
