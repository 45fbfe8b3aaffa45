"""Draws figures in a terminal: a table, with a bar for one of its columns."""

from collections.abc import Iterator
from unicodedata import combining, east_asian_width

from digest.reports.figures import Column, Figures, Kind, shown
from store.text import printable_line

BAR_WIDTH = 24
MAX_TEXT = 36
EIGHTHS = " ▏▎▍▌▋▊▉"


def figure_lines(figures: Figures) -> Iterator[str]:
    """Yield the lines of a table; texts that are long are cut."""
    yield figures.title
    if not figures.rows:
        yield f"  {figures.empty}"
        return
    columns = [one for one in figures.columns if one.key not in HIDDEN]
    places = [figures.place(one.key) for one in columns]
    cells = [[one.label for one in columns]] + [
        [_cut(shown(row[place], one.kind)) for place, one in zip(places, columns, strict=True)]
        for row in figures.rows
    ]
    widths = [max(map(width, column)) for column in zip(*cells, strict=True)]
    bars = ["", *_bars(figures)]
    for row, bar in zip(cells, bars, strict=True):
        line = "  ".join(
            _fill(cell, size, one) for cell, size, one in zip(row, widths, columns, strict=True)
        )
        yield f"  {line}  {bar}".rstrip()


HIDDEN = frozenset({"slug", "url", "key", "subject"})
"""Columns that a file has and a terminal has no room for."""


def bar_of(value: float, largest: float, cells: int = BAR_WIDTH) -> str:
    """Return a bar in eighths of a cell; what is not nothing can be seen."""
    if value <= 0 or largest <= 0:
        return ""
    eighths = max(1, round(8 * cells * min(value / largest, 1.0)))
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()


def _bars(figures: Figures) -> list[str]:
    if not figures.bar:
        return [""] * len(figures.rows)
    numbers = figures.numbers(figures.bar)
    largest = max((one for one in numbers if one is not None), default=0)
    return [bar_of(one or 0, largest) for one in numbers]


def _fill(cell: str, size: int, column: Column) -> str:
    gap = " " * (size - width(cell))
    return cell + gap if column.kind is Kind.TEXT else gap + cell


def width(text: str) -> int:
    """Return how many columns of a terminal the text takes."""
    return sum(0 if combining(one) else 2 if east_asian_width(one) in "WF" else 1 for one in text)


def _cut(text: str) -> str:
    """Return at most MAX_TEXT columns of a text."""
    whole = printable_line(text)
    if width(whole) <= MAX_TEXT:
        return whole
    kept = ""
    for one in whole:
        if width(kept + one) >= MAX_TEXT:
            break
        kept += one
    return f"{kept}…"
