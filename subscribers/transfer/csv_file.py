"""Reads a CSV file row by row, so that every line of it is in exactly one row; holds no row.

Source: RFC 4180, and what spreadsheets make of it: semicolons, tabs, a first line `sep=;`, cells
over several lines. A quote that is never closed, or is closed far down by another stray one, would
swallow the rows between: then its own line is no row, and the lines after it are read again.
"""

import csv
import re
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple, TextIO

from store.errors import DigestError
from subscribers.transfer.encoding import ImportRefusedError
from subscribers.transfer.formats.columns import normalize_column
from subscribers.transfer.formats.detect import NO_CHOICES, ColumnChoices, has_email

EXAMPLE = "email,first_name"
_DELIMITERS = (",", ";", "\t", "|")
_LONGEST_LINE = 1_000_000
"""Characters; what is longer is skipped without being held."""
_LONGEST_ROW = 131_072
"""Characters of a row over several lines: as much as `csv` takes for one cell."""
_LONGEST_HEADER = 50
"""Lines that a header may run over: forms put whole questions into it."""
_SEPARATOR_LINE = re.compile(r"\ufeff?\"?sep=(.)\"?\s*", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s@\"',;<>]@[^\s@\"',;<>]+\.[^\s@\"',;<>]")
_LINE_END = re.compile(r"[\r\n]")


class CsvRow(NamedTuple):
    """First and last line, from 1; the cells; and why they are no row of a list, if they are not.

    The cells are whole in any case, so that a refused row can be written down.
    """

    line: int
    last_line: int
    cells: list[str]
    fault: str


class _LineTooLongError(DigestError):
    pass


class CsvReader:
    """Reads the header at once, then yields the rows that are not empty."""

    def __init__(self, text: TextIO, choices: ColumnChoices = NO_CHOICES) -> None:
        """Raises ImportRefusedError for a file that is empty or has no email column."""
        self._text = text
        self._choices = choices
        self._again: deque[str | None] = deque()
        """Lines to read again; None for one that is too long."""
        self._line = 0
        self.delimiter, self.header = self._read_header()

    def rows(self) -> Iterator[CsvRow]:
        """Yield each row once; a line that is too long, or no CSV, costs its own row alone."""
        delimiter, many = self.delimiter, len(self.header)
        while True:
            try:
                line = self._next_line()
            except _LineTooLongError:
                why = f"a line of more than {_LONGEST_LINE:,} characters"
                yield CsvRow(self._line, self._line, [], why)
                continue
            if not line:
                return
            if '"' in line:
                row = self._quoted(line)
            else:
                cells = line.rstrip("\r\n").split(delimiter)
                row = CsvRow(self._line, self._line, cells, "")
            if (
                len(row.cells) > many
                and not row.fault
                and any(cell.strip() for cell in row.cells[many:])
            ):
                extra = f"more cells than the {many} columns: is a {self.delimiter!r} not quoted?"
                row = row._replace(fault=extra)
            if len(row.cells) > 1 or row.cells[:1] not in ([], [""]) or row.fault:
                yield row

    def _quoted(self, line: str) -> CsvRow:
        """Read a row that has a quote in it, to the end of its last line."""
        first = self._line
        try:
            cells = next(csv.reader((line,), delimiter=self.delimiter, strict=True))
        except csv.Error:
            return self._odd(line)
        return CsvRow(first, first, cells, "")

    def _odd(self, line: str) -> CsvRow:
        """Read a row that is not well-formed on its first line alone."""
        first, lines = self._line, [line]

        def source() -> Iterator[str]:
            size = len(line)
            yield line
            while size <= _LONGEST_ROW and (more := self._next_line()):
                lines.append(more)
                size += len(more)
                yield more

        try:
            cells = next(csv.reader(source(), delimiter=self.delimiter))
            is_closed = _ends_outside_quotes(lines, self.delimiter)
        except (csv.Error, _LineTooLongError) as error:
            cells, is_closed = [], False
            if isinstance(error, _LineTooLongError):
                self._again.appendleft(None)
            if len(lines) == 1 and isinstance(error, csv.Error):
                return CsvRow(first, first, self._bare(line), f"{error}")
        if len(lines) == 1 and is_closed:
            return CsvRow(first, first, cells, "")
        swallowed = any(_LINE_END.search(one) and _ADDRESS.search(one) for one in cells)
        if is_closed and not swallowed:
            return CsvRow(first, self._line, cells, "")
        if is_closed and _is_well_formed(lines, self.delimiter):
            why = f"a cell holds line ends and an address; the row runs to line {self._line}"
            return CsvRow(first, self._line, cells, f"{why}: is a quote missing?")
        self._again.extendleft(reversed(lines[1:]))
        self._line = first
        return CsvRow(first, first, self._bare(line), "a quote is opened and not closed")

    def _bare(self, line: str) -> list[str]:
        """Return the cells of one line, as far as can be told where a quote is missing."""
        try:
            return next(csv.reader((line.rstrip("\r\n"),), delimiter=self.delimiter), [])
        except csv.Error:
            return line.rstrip("\r\n").split(self.delimiter)

    def _next_line(self) -> str:
        """Return the next line with its end; empty at the end of the file."""
        if self._again:
            self._line += 1
            if (again := self._again.popleft()) is None:
                raise _LineTooLongError
            return again
        readline = self._text.readline
        line = readline(_LONGEST_LINE)
        if line:
            self._line += 1
        if len(line) == _LONGEST_LINE and line[-1] not in "\r\n":
            while (rest := readline(_LONGEST_LINE)) and rest[-1] not in "\r\n":
                pass
            raise _LineTooLongError
        return line

    def _read_header(self) -> tuple[str, list[str]]:
        delimiters: tuple[str, ...] = _DELIMITERS
        try:
            first = self._first_line()
            if separator := _SEPARATOR_LINE.fullmatch(first):
                delimiters = (separator[1],)
                first = self._first_line()
            begun = self._line
            for delimiter in delimiters if first else ():
                header = first
                while header.count('"') % 2 and self._line - begun < _LONGEST_HEADER:
                    header += self._next_line() or '"'
                cells = _cells(header.removeprefix("\ufeff"), delimiter)
                if has_email(map(normalize_column, cells), self._choices):
                    return delimiter, [one.strip() for one in cells]
                first = header
        except _LineTooLongError:
            begun, first = self._line, "x" * _LONGEST_LINE
        if not first:
            raise ImportRefusedError(f"found an empty file, expected a header such as {EXAMPLE}")
        shown = " ".join(first.split())
        shown = shown if len(shown) <= 60 else shown[:59] + "…"  # noqa: PLR2004 - one terminal line
        expected = f"expected a header with an email column, such as {EXAMPLE}"
        raise ImportRefusedError(f"line {max(begun, 1)}: found {shown!r}, {expected}")

    def _first_line(self) -> str:
        """Return the next line that is not blank; empty at the end of the file."""
        while (line := self._next_line()) and not line.strip("\ufeff \t\r\n"):
            pass
        return line


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
