"""Reads the words beside a quote that name the reviewer, the tool and the verdict.

Most pages have none. A page that has them puts them before each quote or after each: the place of
the first one decides. A lens or a name applies until the next one, a verdict to one quote only.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from digest.catalog.intake.text.lines import Line
from digest.catalog.pages import Lens, Verdict
from store.errors import DigestError

T = TypeVar("T")

_LABEL_LENGTH = 80
_BETWEEN_PARTS = re.compile(r"[·|•:,/()\[\]—–]| - ")
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")
_LENSES = {lens.value: lens for lens in Lens}
_VERDICTS = {
    "ship": Verdict.SHIP,
    "ship it": Verdict.SHIP,
    "skip": Verdict.SKIP,
    "skip it": Verdict.SKIP,
}


class AmbiguousPageError(DigestError):
    """Marks that could belong to the quote before or to the one after."""


def lens_in(line: Line) -> Lens | None:
    """Return the lens that a line names: 'The Skeptic', 'Mara Chen · Skeptic' -> SKEPTIC."""
    return next((_LENSES[part] for part in _parts(line) if part in _LENSES), None)


def verdict_in(line: Line) -> Verdict | None:
    """Return the verdict of a line: 'Ship', 'Verdict: ship'; None of '3 ship, 1 skip'."""
    return next((_VERDICTS[part] for part in _parts(line) if part in _VERDICTS), None)


def _parts(line: Line) -> Iterator[str]:
    if len(line.text) > _LABEL_LENGTH:
        return
    for part in _BETWEEN_PARTS.split(line.text):
        yield _EDGES.sub("", part).casefold().removeprefix("the ")


def held(gaps: Sequence[Sequence[Line]], find: Callable[[Line], T | None]) -> list[T] | None:
    """Return the mark that applies to each quote, each mark until the next; None if there is none.

    `gaps` are the lines before each quote, and last those after the last one. Raises
    AmbiguousPageError if marks could stand before their quotes or after.
    """
    marks = [_mark(gap, find) for gap in gaps]
    if marks[0] is not None and marks[-1] is None:
        return _carried(marks[:-1])
    if marks[0] is None and marks[-1] is not None:
        return _carried(marks[:0:-1])[::-1]
    if any(mark is not None for mark in marks):
        raise AmbiguousPageError
    return None


def beside(gaps: Sequence[Sequence[Line]], find: Callable[[Line], T | None]) -> list[T | None]:
    """Return the mark of each quote alone; None for all of them if the marks are ambiguous."""
    marks = [_mark(gap, find) for gap in gaps]
    if marks[0] is not None and marks[-1] is None:
        return marks[:-1]
    if marks[0] is None and marks[-1] is not None:
        return marks[1:]
    return [None] * (len(marks) - 1)


def _mark(gap: Sequence[Line], find: Callable[[Line], T | None]) -> T | None:
    """Return a gap's only mark. Several different ones are a legend or column heads: None."""
    found = {mark for line in gap if (mark := find(line)) is not None}
    return found.pop() if len(found) == 1 else None


def _carried(marks: Sequence[T | None]) -> list[T]:
    carried: list[T] = []
    for mark in marks:
        carried.append(carried[-1] if mark is None else mark)
    return carried
