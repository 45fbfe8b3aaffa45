"""Reads a CSV file row by row, so that every line of it is in exactly one row.

Source: RFC 4180, and what spreadsheets make of it: semicolons, tabs, a first line `sep=;`, cells
over several lines. A quote that is never closed, or is closed far down by another stray one, would
swallow the rows between: then its own line is no row, and the lines after it are read again.
"""

import csv
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import repeat
from typing import NamedTuple, TextIO

from subscribers.transfer.encoding import ImportRefusedError
from subscribers.transfer.formats.column_meaning import normalize_column
from subscribers.transfer.formats.detect import NO_CHOICES, ColumnChoices, has_email
from subscribers.transfer.lines import MAX_LINE, LineReader, LineTooLongError
from subscribers.transfer.unread_lines import (
    DELIMITERS,
    LONGEST_ROW,
    PlainOnly,
    WithoutAddress,
    without_address,
)

EXAMPLE = "email,first_name"
_SHOWN = 60
_SHOWN_RAW = 1_000
_LONGEST_HEADER = 50
"""Lines that a header may run over: forms put whole questions into it."""
_MOST_UNCLOSED, LONGEST_AMONG_UNCLOSED = 10, 4_096
MANY_UNCLOSED, LONGEST_AMONG_MANY = 500, 512
"""After so many rows with a quote that is not closed, one is read no further than so many
characters: each looks for its end over all that a row can have."""
_ONE_BY_ONE = 50
"""Lines of a block in which a quote is odd, before what is left is tried as a block again."""
_SEPARATOR_LINE = re.compile(r"\ufeff?\"?sep=(.)\"?\s*", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s@\"',;<>]@[^\s@\"',;<>]+\.[^\s@\"',;<>]")
_LINE_END = re.compile(r"[\r\n]")

CsvRow = tuple[int, int, list[str], str]
"""First and last line, from 1; the cells; and why they are no row of a list, if they are not.

The cells are whole in any case, so that a refused row can be written down; but for a line that is
too long, whose text `CsvReader.long_line` has.
"""


class Cells(NamedTuple):
    """Rows of one line each, with as many cells as there are columns, and nothing wrong."""

    first: int
    rows: list[list[str]]


class LinesWithoutAddress(NamedTuple):
    """Lines without their ends that are refused unread, since they hold no address."""

    first: int
    lines: list[str]
    why: str


CsvBlock = Cells | LinesWithoutAddress | Iterator[CsvRow]
"""Rows one after the other; an iterator must be read to its end before the next block."""


def rows_of(block: Cells) -> list[CsvRow]:
    return [(at, at, cells, "") for at, cells in enumerate(block.rows, block.first)]


class CsvReader:
    """Reads the header at once, then yields the rows that are not empty."""

    def __init__(self, text: TextIO, choices: ColumnChoices = NO_CHOICES) -> None:
        """Raises ImportRefusedError for a file that is empty or has no email column."""
        self._lines = LineReader(text)
        self._choices = choices
        self.unclosed = 0
        """Rows so far whose quote was not closed, or closed by a stray one."""
        self.plain_only = False
        """Whether lines without a plain address come apart too, however they could be read."""
        self.delimiter, self.header = self._read_header()

    def is_long(self, line: int) -> bool:
        """Return whether the row of `line`, yielded last, is a line too long to be held."""
        return self._lines.long_start != "" and self._lines.number + 1 == line

    def long_line(self) -> Iterator[str]:
        """Yield the text of the line that is too long, in pieces; before the next row, and once."""
        return self._lines.long_line()

    def blocks(self, *, part: bool) -> Iterator[CsvBlock]:
        """Yield all rows; a line that is too long, or no CSV, costs its own row alone.

        With `part`, lines that can't hold an address come apart: by themselves they cost a
        fraction of what a row does.
        """
        unread = without_address(self.delimiter, self.header) if part else None
        plain = PlainOnly(self.delimiter) if unread else None
        while True:
            try:
                lines = self._lines.take()
            except LineTooLongError:
                number, start = self._lines.number + 1, self._lines.long_start
                why = f"a line of more than {MAX_LINE:,} characters"
                yield iter([(number, number, [start[:_SHOWN]], why)])
                self._lines.skip_long_line()
                continue
            if not lines:
                return
            first = self._lines.number - len(lines) + 1
            text = _with_plain_ends("".join(lines))
            if plain and self.plain_only:
                yield from self._parted(first, lines, text, plain)
            elif '"' in text and not (unread and unread.is_without(text)):
                yield from self._quoted_blocks(first, lines)
            elif unread is None:
                yield self._block(first, lines)
            else:
                yield from self._parted(first, lines, text, unread)

    def _parted(
        self, first: int, lines: list[str], text: str, parting: WithoutAddress | PlainOnly
    ) -> Iterator[CsvBlock]:
        """Yield the rows of `lines`, each of which is a row by itself, or not read."""
        done = 0
        for start, end, is_read in parting.parts(text):
            if is_read:
                begun, done = done, done + text.count("\n", start, end)
                yield self._block(first + begun, lines[begun:done])
            else:
                unread = text[start : end - 1].split("\n")
                yield LinesWithoutAddress(first + done, unread, parting.why)
                done += len(unread)

    def _quoted_blocks(self, first: int, lines: list[str]) -> Iterator[CsvBlock]:
        """Yield the rows of all lines that were taken last."""
        cells = self._well_formed(lines)
        if cells is not None:
            yield self._block(first, lines, cells)
            return
        cells = self._closed(lines)
        if cells:
            yield self._block(first, lines[: len(cells)], cells)
        self._lines.give_back(lines[len(cells) :])
        yield self._one_by_one(self._lines.number + min(len(lines) - len(cells), _ONE_BY_ONE))

    def _block(
        self, first: int, lines: list[str], cells: list[list[str]] | None = None
    ) -> CsvBlock:
        """Return the rows of `lines`, each of which is a row by itself."""
        cells = cells or self._well_formed(lines) or [self._split(line) for line in lines]
        many = len(self.header)
        if many > 1 and set(map(len, cells)) == {many}:
            return Cells(first, cells)
        numbers = range(first, first + len(lines))
        return filter(_is_filled, map(self._checked, zip(numbers, numbers, cells, repeat(""))))

    def _split(self, line: str) -> list[str]:
        return line.rstrip("\r\n").split(self.delimiter)

    def _well_formed(self, lines: list[str]) -> list[list[str]] | None:
        """Return the cells of `lines` where each one is a row by itself; else None."""
        try:
            rows = list(csv.reader(lines, delimiter=self.delimiter, strict=True))
        except csv.Error:
            return None
        return rows if len(rows) == len(lines) else None

    def _closed(self, lines: list[str]) -> list[list[str]]:
        """Return the cells of the first of `lines`, up to one that is not closed, or too long."""
        reader = csv.reader(lines, delimiter=self.delimiter)
        rows: list[list[str]] = []
        with suppress(csv.Error):
            for row in reader:
                if reader.line_num > len(rows) + 1:
                    return rows
                rows.append(row)
        # Whether the last one is closed can't be told.
        return rows[: len(lines) - 1]

    def _one_by_one(self, last: int) -> Iterator[CsvRow]:
        """Yield the rows that begin on the lines up to `last`, however they are formed."""
        while self._lines.number < last:
            line = self._lines.next_line()
            if '"' in line:
                row = self._quoted(line)
            else:
                number = self._lines.number
                row = number, number, self._split(line), ""
            row = self._checked(row)
            if _is_filled(row):
                yield row

    def _checked(self, row: CsvRow) -> CsvRow:
        """Return `row` with its fault if it has more cells than there are columns."""
        first, last, cells, fault = row
        many = len(self.header)
        if len(cells) > many and not fault and any(cell.strip() for cell in cells[many:]):
            extra = f"more cells than the {many} columns: is a {self.delimiter!r} not quoted?"
            return first, last, cells, extra
        return row

    def _quoted(self, line: str) -> CsvRow:
        """Read a row that has a quote in it, to the end of its last line."""
        first = self._lines.number
        try:
            cells = next(csv.reader((line,), delimiter=self.delimiter, strict=True))
        except csv.Error:
            return self._odd(line)
        return first, first, cells, ""

    def _odd(self, line: str) -> CsvRow:
        """Read a row that is not well-formed on its first line alone."""
        first, lines = self._lines.number, [line]
        longest = self._longest_row()

        def source() -> Iterator[str]:
            size = len(line)
            yield line
            while size <= longest and (more := self._lines.next_line()):
                lines.append(more)
                size += len(more)
                yield more

        try:
            cells = next(csv.reader(source(), delimiter=self.delimiter))
            is_closed = _ends_outside_quotes(lines, self.delimiter)
        except (csv.Error, LineTooLongError) as error:
            cells, is_closed = [], False
            if len(lines) == 1 and isinstance(error, csv.Error):
                return first, first, self.bare_cells(line), f"{error}"
        if len(lines) == 1 and is_closed:
            return first, first, cells, ""
        swallowed = any(_LINE_END.search(one) and _ADDRESS.search(one) for one in cells)
        if is_closed and not swallowed:
            return first, self._lines.number, cells, ""
        if is_closed and _is_well_formed(lines, self.delimiter):
            last = self._lines.number
            why = f"a cell holds line ends and an address; the row runs to line {last}"
            return first, last, cells, f"{why}: is a quote missing?"
        self._lines.give_back(lines[1:])
        self.unclosed += 1
        return first, first, self.bare_cells(line), "a quote is opened and not closed"

    def _longest_row(self) -> int:
        """Return in how many characters a row may end whose first line is not well-formed."""
        if self.unclosed < _MOST_UNCLOSED:
            return LONGEST_ROW
        return LONGEST_AMONG_UNCLOSED if self.unclosed < MANY_UNCLOSED else LONGEST_AMONG_MANY

    def bare_cells(self, line: str) -> list[str]:
        """Return the cells of one line, as far as can be told where a quote is missing."""
        try:
            return next(csv.reader((line.rstrip("\r\n"),), delimiter=self.delimiter), [])
        except csv.Error:
            return line.rstrip("\r\n").split(self.delimiter)

    def _read_header(self) -> tuple[str, list[str]]:
        delimiters: tuple[str, ...] = DELIMITERS
        try:
            first = self._first_line()
            if separator := _SEPARATOR_LINE.fullmatch(first):
                delimiters = (separator[1],)
                first = self._first_line()
            begun = self._lines.number
            for delimiter in delimiters if first else ():
                header = first
                while header.count('"') % 2 and self._lines.number - begun < _LONGEST_HEADER:
                    header += self._lines.next_line() or '"'
                cells = _cells(header.removeprefix("\ufeff"), delimiter)
                if has_email(map(normalize_column, cells), self._choices):
                    return delimiter, [one.strip() for one in cells]
                first = header
        except LineTooLongError:
            begun, first = self._lines.number + 1, self._lines.long_start[:_SHOWN_RAW]
        if not first:
            raise ImportRefusedError(f"found an empty file, expected a header such as {EXAMPLE}")
        shown = " ".join(first.split())
        shown = shown if len(shown) <= 60 else shown[:59] + "…"  # noqa: PLR2004 - one terminal line
        expected = f"expected a header with an email column, such as {EXAMPLE}"
        raise ImportRefusedError(f"line {max(begun, 1)}: found {shown!r}, {expected}")

    def _first_line(self) -> str:
        """Return the next line that is not blank; empty at the end of the file."""
        while (line := self._lines.next_line()) and not line.strip("\ufeff \t\r\n"):
            pass
        return line


def _with_plain_ends(text: str) -> str:
    """Return lines with LF at the end of each, the last one's too."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if text[-1] == "\n" else text + "\n"


def _is_filled(row: CsvRow) -> bool:
    """Return whether there is anything in a row, or anything wrong with it."""
    _, _, cells, fault = row
    return len(cells) > 1 or fault != "" or cells not in ([], [""])


def _ends_outside_quotes(lines: list[str], delimiter: str) -> bool:
    """Return whether the row is over with its last line: a next line would start a new row."""
    end = "\0"
    rows = csv.reader((*lines, end), delimiter=delimiter)
    next(rows)
    return next(rows, None) == [end]


def _is_well_formed(lines: list[str], delimiter: str) -> bool:
    try:
        next(csv.reader(iter(lines), delimiter=delimiter, strict=True))
    except csv.Error:
        return False
    return True


def _cells(header: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(header.splitlines(keepends=True), delimiter=delimiter), [])
    except csv.Error:
        return []
