"""Reports what became of the rows of an import, and writes the refused ones to a file."""

import csv
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from io import StringIO
from itertools import chain, repeat
from pathlib import Path
from typing import Protocol, Self, TextIO

from store.files import open_private
from subscribers.transfer.cells.formulas import escape_formula, escape_formulas
from subscribers.transfer.csv_file import CsvReader
from subscribers.transfer.formats.detect import REFUSED_COLUMNS
from subscribers.transfer.unread_lines import DELIMITERS, are_rows

MAX_REFUSED_LISTED = 100
MAX_TOLD = 5_000
"""Lines refused unread that are kept with a reason each; then a line tells of those below it."""


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was not taken; `str()` is the one line to print."""

    line: int
    found: str
    why: str

    def __str__(self) -> str:
        return f"line {self.line}: found {self.found!r}, {self.why}"


class RefusedRows(Protocol):
    """Keeps rows that were refused, whole."""

    def write(self, rows: CsvReader, cells: Sequence[str], row: RefusedRow) -> None: ...

    def write_lines(
        self, rows: CsvReader, numbers: Sequence[int], lines: Sequence[str], why: str
    ) -> None:
        """Keep lines that are refused unread, all for one reason."""


@dataclass(slots=True)
class ImportReport:
    """Counts what became of the rows: the six counts add up to how many there were."""

    added: int = 0
    already: int = 0
    """On the list before; unsubscribed now if the file says so."""
    repeated: int = 0
    """The address stands in the file more than once."""
    suppressed: int = 0
    """Must not be mailed by what is known here, and not added."""
    departed: int = 0
    """New here and stored as suppressed: the file says that they must not be mailed."""
    refused_count: int = 0
    refused: list[RefusedRow] = field(default_factory=list)
    """The first hundred."""
    unreadable_dates: int = 0
    """Dates that could not be read; the rows were taken without them."""
    run: int | None = field(default=None, compare=False)
    """The number of this import, by which it can be undone; None for a dry run."""
    no_names: int = field(default=0, compare=False)
    """Cells for a name that held none: NULL, N/A, the address, a telephone number."""
    read_as: str = field(default="", compare=False)
    """Which tool's export it was taken for, in which encoding, with which delimiter."""
    secrets: set[str] = field(default_factory=set, compare=False)
    """Fingerprints of the secrets that an export of ours was made with."""
    erased: int = field(default=0, compare=False)
    """People of an export of ours of whom it knows a hash alone."""
    unused: list[str] = field(default_factory=list, compare=False)
    """Columns that the import does not use."""

    def refuse(self, row: RefusedRow) -> None:
        self.refused_count += 1
        if len(self.refused) < MAX_REFUSED_LISTED:
            self.refused.append(row)


class RefusedFile:
    """Writes refused rows as they were to a CSV, to be corrected and imported; made if needed.

    Use as a with-block: the file gets its name when all is written. Cells that a spreadsheet
    would run as a formula get an apostrophe, which an import removes.
    """

    def __init__(self, path: Path | None) -> None:
        """Without a `path` nothing is kept."""
        self._path = path
        self._file: TextIO | None = None
        self._width = self._told = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._partial.replace(str(self._path))

    def write(self, rows: CsvReader, cells: Sequence[str], row: RefusedRow) -> None:
        if self._path is None:
            return
        file = self._opened(rows)
        if rows.is_long(row.line):
            self._write_long(file, rows.long_line(), row)
            return
        many = len(rows.header)
        own = [
            one
            for one, name in zip(cells, rows.header, strict=False)
            if name not in REFUSED_COLUMNS
        ]
        own += [""] * (self._width - len(own))
        # What stands beyond the columns is kept beyond the columns.
        written = [*map(escape_formula, own), row.line, row.why, *map(escape_formula, cells[many:])]
        self._writer.writerow(written)

    def write_lines(
        self, rows: CsvReader, numbers: Sequence[int], lines: Sequence[str], why: str
    ) -> None:
        if self._path is None:
            return
        file, mark, many = self._opened(rows), rows.delimiter, len(rows.header)
        is_told, self._told = self._told < MAX_TOLD, self._told + len(lines)
        text = "\n".join(lines)
        if not is_told and len(lines) > 1:
            self.write(rows, rows.bare_cells(lines[0]), _as_far_as(numbers, why))
            file.write(_as_rows(text.partition("\n")[2], mark, many))
        elif '"' in text or not are_rows(text, mark, many):
            for number, line in zip(numbers, lines, strict=True):
                self.write(rows, rows.bare_cells(line), RefusedRow(number, "", why))
        else:
            text = escape_formulas(text, mark)
            # As the writer would write it, but for many at once.
            missing = (mark * (many - count) for count in map(str.count, lines, repeat(mark)))
            out = zip(
                text.split("\n"), missing, map(str, numbers), repeat(self._spelled(mark, why))
            )
            file.write("".join(chain.from_iterable(out)))

    def _spelled(self, mark: str, why: str) -> str:
        """Return a row's end after its number: the reason, and the line's end."""
        spelled = StringIO()
        csv.writer(spelled, delimiter=mark).writerow(["", why])
        return spelled.getvalue()

    def _opened(self, rows: CsvReader) -> TextIO:
        """Return the file, made with its header at the first row."""
        if self._file is not None:
            return self._file
        assert self._path is not None  # noqa: S101 - asked before
        self._partial = self._path.with_name(self._path.name + ".partial")
        # With a mark: without it some spreadsheets would take the file for another encoding.
        self._file = open_private(self._partial, "utf-8-sig")
        self._writer = csv.writer(self._file, delimiter=rows.delimiter)
        header = [one for one in rows.header if one not in REFUSED_COLUMNS]
        self._width = len(header)
        self._writer.writerow([*map(escape_formula, header), *REFUSED_COLUMNS])
        return self._file

    def _write_long(self, file: TextIO, pieces: Iterable[str], row: RefusedRow) -> None:
        """Write a line that is too long to be held as one cell, the first of its row."""
        file.write('"')
        start = ""
        for piece in pieces:
            text = piece if start else escape_formula(piece)
            start = start or text[:1]
            file.write(text.replace('"', '""'))
        file.write('"')
        self._writer.writerow([""] * self._width + [row.line, row.why])


def _as_far_as(numbers: Sequence[int], why: str) -> RefusedRow:
    """Return the refusal of the first of some lines, which tells of the others too."""
    return RefusedRow(numbers[0], "", f"{why}; so are all to line {numbers[-1]}")


def _as_rows(text: str, mark: str, many: int) -> str:
    """Return lines as they stand in a file of refused rows, without number and reason.

    Lines that would be read as other rows than they are become a cell each.
    """
    if are_rows(text, mark, many):
        return escape_formulas(text, mark) + "\n"
    text = escape_formulas(text, "".join(DELIMITERS))
    return '"' + text.replace('"', '""').replace("\n", '"\n"') + '"\n'


class Refusals:
    """Counts refused rows in `report`, and hands each to be kept whole."""

    def __init__(self, rows: CsvReader, report: ImportReport, kept: RefusedRows | None) -> None:
        self.report = report
        self._rows, self._kept = rows, kept

    def add(self, cells: Sequence[str], row: RefusedRow) -> None:
        self.report.refuse(row)
        if self._kept:
            self._kept.write(self._rows, cells, row)

    def add_lines(self, numbers: Sequence[int], lines: Sequence[str], why: str) -> None:
        """Count lines and keep them; none is listed any more."""
        self.report.refused_count += len(lines)
        if self._kept:
            self._kept.write_lines(self._rows, numbers, lines, why)

    @property
    def list_is_full(self) -> bool:
        """Return whether further rows are only counted, and kept."""
        return len(self.report.refused) >= MAX_REFUSED_LISTED
