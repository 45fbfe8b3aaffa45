"""A CSV file of people, row by row: finds the delimiter and the columns, keeps nothing.

Source: RFC 4180, and what spreadsheets make of it: a byte order mark, semicolons, tabs.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

EMAIL_HEADERS = ("email", "emailaddress")
NAME_HEADERS = ("firstname", "name")
STATUS_HEADERS = ("status",)
EXAMPLE = "email,first_name"
FORMULA_STARTS = "=+-@"
_DELIMITERS = (",", ";", "\t")
_LONGEST_LINE = 1_000_000
"""Characters; a file without line ends is cut there rather than read as a whole."""


class ImportRefusedError(ValueError):
    """The file can't be imported; one line: what was found and what was expected."""


@dataclass(frozen=True, slots=True)
class Row:
    """One person as the file has them; `line` counts from 1, `last_line` is where the row ends."""

    line: int
    last_line: int
    email: str
    first_name: str
    status: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that is no CSV."""

    line: int
    why: str


@dataclass(frozen=True, slots=True)
class _Columns:
    delimiter: str
    email: int
    first_name: int | None
    status: int | None


def read_sheet(rows: TextIO) -> Iterator[Row | Unreadable]:
    """The rows after the header; empty ones are left out.

    Raises ImportRefusedError for a file that is empty, has no email column, or is not UTF-8.
    A file (anything seekable) is looked through first, so that it is refused before its first
    row; in a stream the fault shows only when it is reached.
    """
    if rows.seekable():
        start = rows.tell()
        for _ in _lines(rows):
            pass
        rows.seek(start)
    lines = _lines(rows)
    for skipped, header in enumerate(lines, start=1):
        if header.strip("\ufeff \t\r\n"):
            yield from _body(lines, _columns(header.removeprefix("\ufeff"), skipped), skipped)
            return
    raise ImportRefusedError(f"found an empty file, expected a header such as {EXAMPLE}")


def disarmed(cell: str) -> str:
    """`cell` as text to a spreadsheet, which would run one that begins like a formula."""
    return f"'{cell}" if cell.startswith(tuple(FORMULA_STARTS)) else cell


def rearmed(cell: str) -> str:
    """What `disarmed` was given."""
    cell = cell.strip()
    return cell[1:] if cell[:1] == "'" and cell[1:2] in tuple(FORMULA_STARTS) else cell


def _lines(rows: TextIO) -> Iterator[str]:
    number = 0
    try:
        while line := rows.readline(_LONGEST_LINE):
            number += 1
            yield line
    except UnicodeDecodeError as error:
        bad = number + 1 + bytes(error.object)[: error.start].count(b"\n")
        raise ImportRefusedError(
            f"line {bad}: found bytes that are not UTF-8, expected a file saved as UTF-8 "
            "(in a spreadsheet: CSV UTF-8)"
        ) from None


def _columns(header: str, line: int) -> _Columns:
    for delimiter in _DELIMITERS:
        names = [re.sub(r"[\s_-]", "", name).casefold() for name in _cells(header, delimiter)]
        email = _place(names, EMAIL_HEADERS)
        if email is not None:
            return _Columns(
                delimiter, email, _place(names, NAME_HEADERS), _place(names, STATUS_HEADERS)
            )
    shown = " ".join(header.split())
    shown = shown if len(shown) <= 60 else shown[:59] + "…"  # noqa: PLR2004 - one terminal line
    raise ImportRefusedError(
        f"line {line}: found {shown!r}, expected a header with an email column, such as {EXAMPLE}"
    )


def _cells(header: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([header], delimiter=delimiter), [])
    except csv.Error:
        return []


def _place(names: list[str], wanted: tuple[str, ...]) -> int | None:
    """Where the first of `wanted` that there is stands; the order of `wanted` decides."""
    return next((names.index(one) for one in wanted if one in names), None)


def _body(lines: Iterator[str], columns: _Columns, skipped: int) -> Iterator[Row | Unreadable]:
    reader = csv.reader(lines, delimiter=columns.delimiter)
    while True:
        first = skipped + reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield Unreadable(first, f"{error}; is a quote missing?")
            continue
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield Row(
                line=first,
                last_line=skipped + reader.line_num,
                email=rearmed(_cell(cells, columns.email)),
                first_name=rearmed(_cell(cells, columns.first_name)),
                status=_cell(cells, columns.status).strip().casefold(),
            )


def _cell(cells: list[str], place: int | None) -> str:
    return cells[place] if place is not None and place < len(cells) else ""
