"""Figures: a table of counts that a page, a file and a terminal all show alike."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from subscribers.transfer.cells.formulas import escape_all_formulas

Value = str | int | float | None
"""None is what is not known, or may not be told: an empty cell."""


class Kind(StrEnum):
    TEXT = "text"
    COUNT = "count"
    SHARE = "share"
    """From 0 to 1; shown as per cent."""


@dataclass(frozen=True, slots=True)
class Column:
    key: str
    label: str
    kind: Kind = Kind.COUNT


@dataclass(frozen=True, slots=True)
class Figures:
    """One table. `bar` is the key of the column that bars are drawn of; `note` says how to read it.

    `empty` is what to say where there are no rows.
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    bar: str = ""
    note: str = ""
    empty: str = "Nothing yet."

    def place(self, key: str) -> int:
        return next(place for place, one in enumerate(self.columns) if one.key == key)

    def values(self, key: str) -> tuple[Value, ...]:
        """Return a column."""
        place = self.place(key)
        return tuple(row[place] for row in self.rows)

    def numbers(self, key: str) -> tuple[float | None, ...]:
        """Return a column of numbers, None where a cell is empty."""
        return tuple(one if isinstance(one, int | float) else None for one in self.values(key))

    def records(self) -> list[dict[str, Value]]:
        """Return the rows as JSON has them."""
        keys = [one.key for one in self.columns]
        return [dict(zip(keys, row, strict=True)) for row in self.rows]


def text(key: str, label: str) -> Column:
    return Column(key, label, Kind.TEXT)


def share(key: str, label: str) -> Column:
    return Column(key, label, Kind.SHARE)


def ratio(part: int, whole: int) -> float | None:
    """Return `part` of `whole`, to four places; None of nothing."""
    return round(part / whole, 4) if whole else None


def percent(value: Value) -> str:
    """Return `4.2 %`; a dash for what is not known."""
    return f"{100 * value:.1f} %" if isinstance(value, int | float) else "–"


def shown(value: Value, kind: Kind) -> str:
    """Return a cell as people read it."""
    if value is None:
        return "–"
    if kind is Kind.SHARE:
        return percent(value)
    return f"{value:,}" if isinstance(value, int | float) else value


def to_csv(figures: Figures) -> str:
    """Return the table as CSV (RFC 4180): a head of keys, shares as numbers from 0 to 1.

    A text that a spreadsheet would take for a formula is escaped.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([one.key for one in figures.columns])
    writer.writerows(_cells(row) for row in figures.rows)
    return out.getvalue()


def _cells(row: tuple[Value, ...]) -> Iterator[str]:
    for one in row:
        yield escape_all_formulas(one) if isinstance(one, str) else "" if one is None else str(one)
