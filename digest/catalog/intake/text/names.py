"""Finds the heading 'A vs B', and the lines above the figures with the contenders' names.

A name may hold ' vs ' itself, and a tagline may be missing: so the heading and the name lines
are read together. A split of the heading counts when its left part is on a line above the
first figures, and its right part on one above the second.

A text browser (lynx, w3m, links) wraps a long heading or name at a word and may number a link
before it: `[12]Llama 4 Compact`. Whole lines are tried first, then lines joined by a space.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from digest.catalog.intake import limits
from digest.catalog.intake.text.figures import Figures
from digest.catalog.intake.text.lines import Page, matching, quoted

PAGE_KIND = "ai tool comparison"
_VERSUS = re.compile(r" (?:vs\.?|versus) ", re.IGNORECASE)
_VERSUS_ALONE = ("vs", "vs.", "versus")
_TRIES = 3
_LONGEST = limits.TITLE
"""Characters of a name that is looked for: no more can stand in a heading."""
_MOST_ROWS = 4
_MOST_WRAPPED = 100
_LINK_NUMBER = re.compile(r"\[\d{1,4}\](?=\S)")
_Places = dict[str, list["Rows"]]


class Rows(NamedTuple):
    """Lines `start` up to `end` (exclusive), which hold one name, and their text."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Names:
    """The heading, and the lines with each of the two names."""

    title: str
    left: Rows
    right: Rows


@dataclass(frozen=True, slots=True)
class _Heading:
    """A line (or several: 'A', 'vs', 'B') with ' vs ' in it; `end` is the line after."""

    start: int
    end: int
    text: str


def find_names(page: Page, left: Figures, right: Figures) -> Names:
    """Return the names. Raises PageError without a heading that names both, or a category."""
    headings = [*_headings(page, left.start), *_wrapped_headings(page, left.start)]
    headings.sort(key=lambda heading: not page.is_label(heading.start - 1, PAGE_KIND))
    if not headings:
        raise page.error(left.start, 'a heading like "A vs B" above both contenders')
    places = _places(page, 0, left.start), _places(page, left.end, right.start)
    uncategorised: int | None = None
    for heading in headings:
        for names in _readings(heading, *places):
            starts = ((names.left.start, heading.end), (names.right.start, left.end))
            bare = [at for at, start in starts if not _is_category(page, at - 1, start)]
            if not bare:
                return names
            uncategorised = uncategorised or bare[0]
    if uncategorised is not None:
        name = quoted(page.lines[uncategorised].text)
        raise page.error(uncategorised - 1, f"a category on the line above {name}")
    raise page.error(
        headings[0].start, "the names of both contenders as they stand above their panel scores"
    )


def _headings(page: Page, end: int) -> Iterator[_Heading]:
    for index in range(end):
        text = page.lines[index].text
        if len(text) > limits.TITLE:
            continue
        if _VERSUS.search(text):
            yield _Heading(index, index + 1, text)
        elif index + 2 < end and page.keys[index + 1] in _VERSUS_ALONE:
            whole = f"{text} vs {page.lines[index + 2].text}"
            if len(whole) <= limits.TITLE:
                yield _Heading(index, index + 3, whole)


def _wrapped_headings(page: Page, end: int) -> Iterator[_Heading]:
    """Yield lines joined to a heading: around lines with 'vs', the lowest ones first."""
    around = (at for at in reversed(range(end)) if _VERSUS.search(f" {page.lines[at].text} "))
    for index in islice(around, _MOST_WRAPPED):
        for rows in range(2, _MOST_ROWS + 1):
            for start in range(max(0, index - rows + 1), min(index, end - rows) + 1):
                text = " ".join(line.text for line in page.lines[start : start + rows])
                if len(text) <= limits.TITLE and _VERSUS.search(text):
                    yield _Heading(start, start + rows, _LINK_NUMBER.sub("", text))


def _places(page: Page, start: int, end: int) -> _Places:
    """Return the lines that hold each text, the likeliest place of a name first.

    Right above the figures comes the tagline and, one line higher, the name. Joined lines come
    after whole ones.
    """
    places: _Places = {}
    order = (end - 2, end - 1, *range(end - 3, start - 1, -1))
    for rows in range(1, _MOST_ROWS):
        for index in order:
            if start <= index <= end - rows:
                text = " ".join(line.text for line in page.lines[index : index + rows])
                if len(text) > _LONGEST:
                    continue
                for shown in dict.fromkeys((text, _LINK_NUMBER.sub("", text))):
                    found = Rows(index, index + rows, shown)
                    places.setdefault(matching(shown), []).append(found)
    return places


def _readings(heading: _Heading, left_places: _Places, right_places: _Places) -> Iterator[Names]:
    """Yield every reading of the heading that agrees with name lines, the likeliest first."""
    for left, right in _splits(heading.text):
        below = (rows for rows in left_places.get(left, ()) if rows.start >= heading.end)
        for left_rows in islice(below, _TRIES):
            for right_rows in right_places.get(right, ())[:_TRIES]:
                yield Names(heading.text, left_rows, right_rows)


def _splits(text: str) -> Sequence[tuple[str, str]]:
    """Return each way to split: 'A vs B vs C' -> ('a', 'b vs c'), ('a vs b', 'c')."""
    return [
        (matching(text[: match.start()]), matching(text[match.end() :]))
        for match in _VERSUS.finditer(text)
    ]


def _is_category(page: Page, index: int, start: int) -> bool:
    """Return whether a line is a category: a few words, not the end of a blurb or a description."""
    if index < start:
        return False
    text = page.lines[index].text
    return len(text) <= limits.CATEGORY and not text.endswith((".", "?", "!"))
