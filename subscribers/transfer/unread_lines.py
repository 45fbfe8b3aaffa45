"""Tells lines that are read as rows from those that are refused unread, many at once."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from subscribers.addresses import NO_ADDRESS
from subscribers.transfer.formats.detect import REFUSED_COLUMNS

LONGEST_ROW = 131_072
"""Characters of a row over several lines: as much as `csv` takes for one cell."""
DELIMITERS = (",", ";", "\t", "|")
_SHORT_LINE = 80
"""Characters, of which no address grows too long, however its accents are composed."""
_FEWEST_LINES = 4
"""Lines in a row that are worth a block of their own."""
_PLAIN = r"[A-Za-z0-9_]@[A-Za-z0-9][A-Za-z0-9.-]*\.[A-Za-z]"
_ADDRESS = re.compile(_PLAIN)
WHY_NOT_PLAIN = (
    "expected a plain mail address like ana@example.org and no odd quote (among so many bad rows "
    "no other is read; import the others by themselves)"
)


class Piece(NamedTuple):
    """Whole lines of a text, from one place to another."""

    start: int
    end: int
    is_read: bool


class WithoutAddress:
    """Parts a text: lines in which no cell is an address come apart.

    They have no cell too many, nothing that would be decoded, and are too short for another fault.
    """

    why = NO_ADDRESS

    def __init__(self, delimiter: str, columns: int) -> None:
        self._delimiter, self._columns = delimiter, columns
        mark = re.escape(delimiter)
        cell = rf"[^@%\n{mark}]*+"
        nothing_before = rf" *@[^@%<\n{mark}]*+"
        cells = rf"{cell}(?:{mark}{cell}){{0,{columns - 1}}}+"
        line = rf"\n(?=[^\n]{{0,{_SHORT_LINE}}}\n)(?:{cells}|{nothing_before})(?=\n)"
        # It begins with the end of the line before: `^` would be tried at every character.
        self._unread = re.compile(rf"{line}(?:{line}){{{_FEWEST_LINES - 1},}}+")
        self._reading = re.compile(rf"[@%]|[^\n]{{{_SHORT_LINE}}}.|{_too_many(delimiter, columns)}")

    def is_without(self, text: str) -> bool:
        """Return whether no line of a text holds an address; quotes may stand in it."""
        if self._reading.search(text):
            return False
        return '"' not in text or are_rows(text[:-1], self._delimiter, self._columns)

    def parts(self, text: str) -> Iterator[Piece]:
        place = 0
        if self.is_without(text):
            yield Piece(0, len(text), is_read=False)
            return
        for found in self._unread.finditer(f"\n{text}"):
            start, end = found.span()  # one further on than in the text, of the line end before
            if start > place:
                yield Piece(place, start, is_read=True)
            yield Piece(start, end, is_read=False)
            place = end
        if place < len(text):
            yield Piece(place, len(text), is_read=True)


class PlainOnly:
    """Parts a text: lines are read that hold a plain address, and whose quotes are well-formed.

    A quote that the other lines leave open may go on over some that look like rows: these are not
    read either, up to as much as a row can hold. So nothing out of a cell is taken for a row.
    """

    why = WHY_NOT_PLAIN

    def __init__(self, delimiter: str) -> None:
        self._row = re.compile(rf"(?m)^(?:(?=[^\n]*{_PLAIN}){_line(delimiter)}\n)+")
        self._open = 0
        """Characters that a quote left open may still run over."""

    def parts(self, text: str) -> Iterator[Piece]:
        place = 0
        if _ADDRESS.search(text) is None:
            yield self._passed(text, 0, len(text))
            return
        for found in self._row.finditer(text):
            start, end = found.span()
            if start > place:
                yield self._passed(text, place, start)
            if self._open:
                yield self._passed(text, start, end)
            else:
                yield Piece(start, end, is_read=True)
            place = end
        if place < len(text):
            yield self._passed(text, place, len(text))

    def _passed(self, text: str, start: int, end: int) -> Piece:
        if text.count('"', start, end) % 2:
            self._open = 0 if self._open else LONGEST_ROW
        elif self._open:
            self._open = max(0, self._open - (end - start))
        return Piece(start, end, is_read=False)


def without_address(delimiter: str, header: list[str]) -> WithoutAddress | None:
    """Return what finds lines without an address, whichever column it is in; None if it can't."""
    if delimiter not in DELIMITERS or not set(header).isdisjoint(REFUSED_COLUMNS):
        return None
    return WithoutAddress(delimiter, len(header))


def are_filled(lines: list[str], delimiter: str) -> list[bool] | None:
    """Return whether each line, a row by itself, holds more than blanks; None if all do."""
    text, blank = "\n".join(lines), _blank_line(delimiter)
    if not blank.search(f"\n{text}\n"):
        return None
    if '"' not in text and not text.replace(delimiter, "").strip():
        return [False] * len(lines)
    if not blank.search("\n".join(("", *filter(None, lines), ""))):
        return list(map(bool, lines))
    return [not blank.fullmatch(f"\n{line}\n") for line in lines]


@lru_cache
def _blank_line(delimiter: str) -> re.Pattern[str]:
    """Return what finds a line, with its ends, that is a row with nothing in it but blanks."""
    mark = re.escape(delimiter)
    cell = rf'(?:"[^\S\n]*"|[^\S\n{mark}]*)'
    return re.compile(rf"\n{cell}(?:{mark}{cell})*\n")


def are_rows(text: str, delimiter: str, columns: int) -> bool:
    """Return whether lines are each a row by itself, of so many cells at most."""
    if '"' not in text:
        return _wide_row(delimiter, columns).search(text) is None
    return _rows(delimiter, columns).fullmatch(text) is not None


@lru_cache
def _wide_row(delimiter: str, columns: int) -> re.Pattern[str]:
    return re.compile(_too_many(delimiter, columns))


def _too_many(delimiter: str, columns: int) -> str:
    """Return the expression of so many delimiters in a line that it has a cell too many."""
    mark = re.escape(delimiter)
    return rf"{mark}(?:[^\n{mark}]*+{mark}){{{columns - 1}}}"


@lru_cache
def _rows(delimiter: str, columns: int) -> re.Pattern[str]:
    line = _line(delimiter, columns)
    return re.compile(rf"{line}(?:\n{line})*+")


def _line(delimiter: str, columns: int | None = None) -> str:
    """Return the expression of a line that is a row by itself, without its end."""
    mark = re.escape(delimiter)
    cell = rf'(?:"(?:[^"\n]++|"")*+"|(?!")[^\n{mark}]*+)'
    more = "" if columns is None else columns - 1
    return rf"{cell}(?:{mark}{cell}){{0,{more}}}+(?=\n|\Z)"
