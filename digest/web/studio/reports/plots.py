"""Plots as plain values: lines, and bars that go up and down, drawn by the template as SVG.

A plot is stretched to the room there is, so nothing but lines and blocks is in it: its words stand
beside it, as large on a phone as on a desktop.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from digest.reports.figures import Kind, shown
from digest.web.studio.reports.scale import (
    HEIGHT,
    WIDTH,
    across,
    round_up,
    up,
    whole_round_up,
)

Values = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Shape:
    """One line, or one kind of bars. `number` is its place in the order of colours."""

    number: int
    label: str
    path: str
    dots: str = ""


@dataclass(frozen=True, slots=True)
class Tip:
    """A column of the plot, and what is said of it to whoever points there."""

    x: float
    width: float
    words: str


@dataclass(frozen=True, slots=True)
class Plot:
    """`ticks` are the words at the top, the middle and the bottom, `ends` those below."""

    key: str
    title: str
    description: str
    shapes: tuple[Shape, ...]
    tips: tuple[Tip, ...]
    ticks: tuple[str, str, str]
    ends: tuple[str, str]
    baseline: float = HEIGHT


def line_plot(
    key: str, title: str, columns: Sequence[str], lines: Sequence[tuple[str, Values]], kind: Kind
) -> Plot:
    """Return a plot of lines over `columns`, broken where a value is None."""
    every = [one for _, values in lines for one in values]
    top = round_up(every) if kind is Kind.SHARE else whole_round_up(every)
    shapes = tuple(
        Shape(number, label, _line(values, top), _dots(values, top))
        for number, (label, values) in enumerate(lines)
    )
    return Plot(
        key,
        title,
        _description(columns, lines, kind),
        shapes,
        _tips(columns, lines, kind),
        (_tick(top, kind), _tick(top / 2, kind), "0"),
        _ends(columns),
    )


def up_and_down_plot(
    key: str,
    title: str,
    columns: Sequence[str],
    above: Sequence[tuple[str, Values]],
    below: Sequence[tuple[str, Values]],
) -> Plot:
    """Return a plot of bars: those of `above` stand on the middle line, those of `below` hang."""
    sums = [
        [sum(one or 0 for one in column) for column in zip(*(v for _, v in part), strict=True)]
        for part in (above, below)
    ]
    top = whole_round_up([*sums[0], *sums[1]])
    shapes: list[Shape] = []
    for part, sign in ((above, -1), (below, 1)):
        stacked = [0.0] * len(columns)
        for label, values in part:
            path, stacked = _bars(values, stacked, top, sign)
            shapes.append(Shape(len(shapes), label, path))
    both = [*above, *below]
    return Plot(
        key,
        title,
        _description(columns, both, Kind.COUNT),
        tuple(shapes),
        _tips(columns, both, Kind.COUNT),
        (_tick(top, Kind.COUNT), "0", _tick(top, Kind.COUNT)),
        _ends(columns),
        HEIGHT / 2,
    )


@dataclass(frozen=True, slots=True)
class Spark:
    """A small line without an axis, and the share over all of it."""

    title: str
    whole: float | None
    path: str


@dataclass(frozen=True, slots=True)
class SparkRow:
    """One group: how many people it has now, and a line for each column."""

    name: str
    people: int | None
    sparks: tuple[Spark, ...]


def spark_rows(
    columns: Sequence[str],
    titles: Sequence[str],
    rows: Sequence[tuple[str, int | None, Sequence[tuple[float | None, Values]]]],
) -> tuple[SparkRow, ...]:
    """Return rows of small lines; those below each other have one scale, so that they compare."""
    tops = [
        round_up(one for _, _, cells in rows for one in cells[place][1])
        for place in range(len(titles))
    ]
    return tuple(
        SparkRow(
            name,
            people,
            tuple(
                Spark(
                    f"{title}: {_description(columns, [(name, values)], Kind.SHARE)}",
                    whole,
                    _line(values, top),
                )
                for title, top, (whole, values) in zip(titles, tops, cells, strict=True)
            ),
        )
        for name, people, cells in rows
    )


def _line(values: Values, top: float) -> str:
    """Return the path: a stroke through neighbours, a gap where one is unknown."""
    steps, pen_is_down = [], False
    for place, value in enumerate(values):
        if value is not None:
            steps.append(
                f"{'L' if pen_is_down else 'M'}{across(place, len(values))} {up(value, top)}"
            )
        pen_is_down = value is not None
    return "".join(steps)


def _dots(values: Values, top: float) -> str:
    """Return a path of points: strokes of no length with round ends, which stretching keeps."""
    return "".join(
        f"M{across(place, len(values))} {up(value, top)}h0"
        for place, value in enumerate(values)
        if value is not None
    )


def _bars(
    values: Values, stacked: Sequence[float], top: float, sign: int
) -> tuple[str, list[float]]:
    """Return the path of a row of bars on those before, and how high they are together."""
    width = round(0.6 * WIDTH / max(len(values), 1), 1)
    steps, after = [], []
    for place, (value, before) in enumerate(zip(values, stacked, strict=True)):
        size = HEIGHT / 2 * (value or 0) / top
        if size:
            x = round(across(place, len(values)) - width / 2, 1)
            y = round(HEIGHT / 2 + sign * before, 1)
            steps.append(f"M{x} {y}h{width}v{round(sign * size, 1)}h-{width}z")
        after.append(before + size)
    return "".join(steps), after


def _tips(
    columns: Sequence[str], lines: Sequence[tuple[str, Values]], kind: Kind
) -> tuple[Tip, ...]:
    width = round(WIDTH / max(len(columns), 1), 1)
    return tuple(
        Tip(
            round(place * WIDTH / len(columns), 1),
            width,
            f"{column}: "
            + ", ".join(f"{label} {shown(values[place], kind)}" for label, values in lines),
        )
        for place, column in enumerate(columns)
    )


def _description(columns: Sequence[str], lines: Sequence[tuple[str, Values]], kind: Kind) -> str:
    """Return the plot in words: where each line starts, ends, and is highest."""
    if not columns:
        return "No issue."
    said = [f"From {columns[0]} to {columns[-1]}."]
    for label, values in lines:
        known = [(one, place) for place, one in enumerate(values) if one is not None]
        if known:
            most, where = max(known, key=lambda one: one[0])
            said.append(
                f"{label}: {shown(known[0][0], kind)} at first, {shown(known[-1][0], kind)} at "
                f"last, at most {shown(most, kind)} at {columns[where]}."
            )
    return " ".join(said)


def _tick(value: float, kind: Kind) -> str:
    if kind is Kind.SHARE:
        return f"{100 * value:g} %"
    return f"{value:,.0f}"


def _ends(columns: Sequence[str]) -> tuple[str, str]:
    return (columns[0], columns[-1]) if columns else ("", "")
