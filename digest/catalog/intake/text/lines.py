"""Splits a page into the lines a reader sees, each with its number in the source."""

from collections.abc import Sequence
from typing import NamedTuple

from digest.catalog.intake.cleaning import clean_line, is_blank, printable, split_lines
from digest.catalog.pages import PageError


class Line(NamedTuple):
    """`number` counts from 1 in the source; `text` is clean and not blank."""

    number: int
    text: str


def lines_of(text: str) -> list[Line]:
    """Return the lines of a page text, without blank ones."""
    cleaned = ((number, clean_line(row)) for number, row in enumerate(split_lines(text), 1))
    return [Line(number, row) for number, row in cleaned if not is_blank(row)]


def matching(text: str) -> str:
    """Return `text` as labels and names are compared: in lower case, without a closing colon."""
    return text.casefold().rstrip(": ")


class Page:
    """The lines of one page and the name of its source."""

    def __init__(self, source: str, lines: Sequence[Line]) -> None:
        self.source = source
        self.lines = lines
        self.keys = [matching(line.text) for line in lines]

    def is_label(self, index: int, label: str) -> bool:
        """Return whether line `index` is that label."""
        return 0 <= index < len(self.keys) and self.keys[index] == label

    def error(self, index: int, expected: str) -> PageError:
        """Return an error about line `index`; past the end, about the end of the page."""
        if index >= len(self.lines):
            last = self.lines[-1].number if self.lines else None
            return PageError(self.source, last, "the end of the page", expected)
        line = self.lines[index]
        return PageError(self.source, line.number, quoted(line.text), expected)

    def bounded(self, index: int, text: str, limit: int, what: str) -> str:
        """Return `text` (which began at line `index`) if it has at most `limit` characters."""
        if len(text) <= limit:
            return text
        number = self.lines[index].number
        raise PageError(
            self.source, number, f"{what} of {len(text)} characters", f"{limit} at most"
        )


def quoted(text: str) -> str:
    """Return `text` as a message shows it."""
    shown = printable(text)
    return f'"{shown}"' if len(shown) <= 70 else f'"{shown[:69]}…"'  # noqa: PLR2004 - one line
