"""Draws rows: as aligned lines for a terminal, and as a Markdown table for the documents."""

from collections.abc import Mapping, Sequence

from benchmarks.harness.kept import Kept, slower
from benchmarks.harness.spread import Measured, Spread

RED, PLAIN = "\x1b[31m", "\x1b[0m"
HEADING = "| what | ours | reference | ratio | aim | bytes a message | the sink's limit |"
RULE = "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"


def number(amount: float) -> str:
    """Return a figure with as many places as it can bear."""
    if abs(amount) >= 1_000:
        return f"{amount:,.0f}"
    places = 1 if abs(amount) >= 100 else 2 if abs(amount) >= 1 else 3
    return f"{amount:.{places}f}".rstrip("0").rstrip(".") or "0"


def ranged(figures: Spread, sign: str = "") -> str:
    """Return the median, with least and most where they differ as they are written."""
    middle, least, most = (number(one) for one in (figures.median, figures.least, figures.most))
    return f"{sign}{middle}" if least == most else f"{sign}{middle} ({least} to {most})"


def aim(row: Measured) -> str:
    if row.aim is None:
        return ""
    words = f"{'at most' if row.less else 'at least'} {number(row.aim)}"
    return words if row.reached else f"{words}, missed"


def lines(name: str, rows: Sequence[Measured], kept: Kept, *, color: bool) -> list[str]:
    """Return a case as lines; a row whose ratio is worse than the kept one is red."""
    found = [name]
    for row in rows:
        before = kept.row(name, row.key)
        line = _line(row, before)
        if slower(row, before):
            line += "  slower"
            line = f"{RED}{line}{PLAIN}" if color else line
        found.append(line)
    return found


def _line(row: Measured, kept: Measured | None) -> str:
    """Return two lines: what is measured, and the figures below it."""
    figures = [
        f"ours {ranged(row.ours)} {row.unit}",
        f"{row.to} {ranged(row.reference)}",
        ranged(row.ratio, "x "),
    ]
    if row.aim is not None:
        figures.append(f"aim {aim(row)}")
    if row.octets is not None:
        figures.append(f"{row.octets:,} bytes a message")
    if row.limit is not None:
        figures.append(f"the sink's limit {ranged(row.limit)}")
    if kept is not None:
        figures.append(f"kept x {number(kept.ratio.median)}")
    return f"  {row.what}\n      {'; '.join(figures)}"


def markdown(cases: Mapping[str, Sequence[Measured]]) -> str:
    """Return all rows as one table."""
    rows = [_cells(row) for some in cases.values() for row in some]
    return "\n".join([HEADING, RULE, *rows])


def _cells(row: Measured) -> str:
    cells = (
        row.what,
        f"{ranged(row.ours)} {row.unit}",
        f"{row.to}: {ranged(row.reference)}",
        ranged(row.ratio, "x "),
        aim(row),
        f"{row.octets:,}" if row.octets is not None else "",
        ranged(row.limit) if row.limit is not None else "",
    )
    return f"| {' | '.join(cells)} |"
