"""Reads a CSV file row by row: finds the delimiter and the header, holds no row.

Source: RFC 4180, and what spreadsheets make of it: semicolons, tabs, cells over several lines.
"""

import csv
import re
from collections.abc import Iterator
from typing import Any, TextIO

from store.errors import DigestError
from subscribers.transfer.encoding import ImportRefusedError

EXAMPLE = "email,first_name"
_EMAIL = frozenset({"email", "emailaddress"})
_DELIMITERS = (",", ";", "\t")
_LONGEST_LINE = 1_000_000
"""Characters; what is longer is skipped without being held."""
_LONGEST_HEADER = 50
"""Lines that a header may run over: forms put whole questions into it."""
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
"""What a spreadsheet would run, or what was kept from it by an apostrophe."""

CsvRow = tuple[int, int, list[str], str]
"""First line and last line, from 1; the cells; and why there are none where it is no CSV."""


class _LineTooLongError(DigestError):
    pass


class CsvReader:
    """Reads the header at once, then yields the rows that are not empty."""

    def __init__(self, text: TextIO) -> None:
        """Raises ImportRefusedError for a file that is empty or has no email column."""
        self._text = text
        self._before = 0
        self.delimiter, self.header = self._read_header()
        self.names = [normalize_column(one) for one in self.header]

    def rows(self) -> Iterator[CsvRow]:
        """Yield each row once; a line that is too long, or no CSV, costs its own row alone."""
        while True:
            reader = csv.reader(self._lines(), delimiter=self.delimiter)
            try:
                yield from self._rows_of(reader)
            except _LineTooLongError:
                self._before += reader.line_num + 1
                why = f"a line of more than {_LONGEST_LINE:,} characters"
                yield self._before, self._before, [], why
            else:
                return

    def _rows_of(self, reader: Any) -> Iterator[CsvRow]:
        before, last = self._before, self._before
        while True:
            try:
                for cells in reader:
                    first, last = last + 1, before + reader.line_num
                    if cells:
                        yield first, last, cells, ""
            except csv.Error as error:
                first, last = last + 1, before + reader.line_num
                yield first, last, [], f"{error}; is a quote missing?"
                continue
            return

    def _lines(self) -> Iterator[str]:
        readline = self._text.readline
        while line := readline(_LONGEST_LINE):
            if len(line) == _LONGEST_LINE and not line.endswith(("\n", "\r")):
                while (rest := readline(_LONGEST_LINE)) and not rest.endswith(("\n", "\r")):
                    pass
                raise _LineTooLongError
            yield line

    def _read_header(self) -> tuple[str, list[str]]:
        begun = 0
        try:
            first = next((line for line in self._counted() if line.strip("\ufeff \t\r\n")), "")
            begun = self._before
            for delimiter in _DELIMITERS if first else ():
                header = first
                while header.count('"') % 2 and self._before - begun < _LONGEST_HEADER:
                    header += next(self._counted(), '"')
                cells = _cells(header.removeprefix("\ufeff"), delimiter)
                if _EMAIL.intersection(map(normalize_column, cells)):
                    return delimiter, [one.strip() for one in cells]
                first = header
        except _LineTooLongError:
            first = "x" * _LONGEST_LINE
        if not first:
            raise ImportRefusedError(f"found an empty file, expected a header such as {EXAMPLE}")
        shown = " ".join(first.split())
        shown = shown if len(shown) <= 60 else shown[:59] + "…"  # noqa: PLR2004 - one terminal line
        expected = f"expected a header with an email column, such as {EXAMPLE}"
        raise ImportRefusedError(f"line {max(begun, 1)}: found {shown!r}, {expected}")

    def _counted(self) -> Iterator[str]:
        for line in self._lines():
            self._before += 1
            yield line


def normalize_column(name: str) -> str:
    """Return a column's name for comparison: without case, spaces, hyphens and underscores."""
    return re.sub(r"[\s_-]", "", unescape_formula(name.strip())).casefold()


def escape_formula(cell: str) -> str:
    """Return `cell` with an apostrophe if a spreadsheet would run it as a formula.

    Source: https://owasp.org/www-community/attacks/CSV_Injection
    """
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unescape_formula(cell: str) -> str:
    """Return what `escape_formula` was given."""
    return cell[1:] if cell[:1] == "'" and _FORMULA.match(cell) else cell


def _cells(header: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(header.splitlines(keepends=True), delimiter=delimiter), [])
    except csv.Error:
        return []
