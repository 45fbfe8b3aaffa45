"""Puts the cells of a Markdown table into the order of a page's lines.

Figures are read as a value and then its label. A table may put labels above values, below them, or
each beside its value; any other table is read row by row.
"""

from collections.abc import Sequence

from digest.catalog.intake.text.figures import COMMUNITY, ENTRY, PANEL
from digest.catalog.intake.text.lines import Line, matching

Cell = list[Line]
Row = list[Cell]
_LABELS = frozenset((PANEL, COMMUNITY, ENTRY))
_PAIR = 2


def in_order(rows: Sequence[Row]) -> list[Line]:
    """Return the lines of a table."""
    for at, row in enumerate(rows):
        if len(row) >= _PAIR and all(_is_label(cell) for cell in row):
            values = at + 1 if at == 0 else at - 1
            if values < len(rows) and len(rows[values]) == len(row):
                pairs = zip(rows[values], row, strict=True)
                return _lines([cell for pair in pairs for cell in pair])
    if any(len(row) == _PAIR and _is_label(row[0]) for row in rows):
        labelled = [row[::-1] for row in rows if len(row) == _PAIR and _is_label(row[0])]
        return _lines([cell for row in labelled for cell in row])
    return _lines([cell for row in rows for cell in row])


def _is_label(cell: Cell) -> bool:
    return len(cell) == 1 and matching(cell[0].text) in _LABELS


def _lines(cells: Sequence[Cell]) -> list[Line]:
    return [line for cell in cells for line in cell]
