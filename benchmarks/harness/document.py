"""Writes the part of docs/performance.md that the kept figures make; the rest is left alone."""

from pathlib import Path

from benchmarks.harness.kept import Kept
from benchmarks.harness.table import markdown

FILE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"
BEGIN = "<!-- written by python -m benchmarks --write -->"
END = "<!-- end of what is written -->"


def section(kept: Kept) -> str:
    """Return the machine and the table, between their two marks."""
    runs = sorted({case.runs for case in kept.cases.values()})
    heads = f"{kept.machine}; {_how_often(runs)}." if runs else "Nothing yet."
    table = markdown({name: case.rows for name, case in kept.cases.items()})
    return f"{BEGIN}\n\n{heads}\n\n{table}\n\n{END}"


def _how_often(runs: list[int]) -> str:
    """Say of how many runs each figure is, as in `median, least and most of 3 runs`."""
    if runs == [1]:
        return "one run each"
    return f"median, least and most of {' or '.join(str(one) for one in runs)} runs"


def written(document: str, kept: Kept) -> str:
    """Return `document` with its part replaced. Raises ValueError if it has no two marks."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the document has no part from {BEGIN} to {END}")
    return before + section(kept) + after


def write(kept: Kept, path: Path = FILE) -> None:
    path.write_text(written(path.read_text(encoding="utf-8"), kept), encoding="utf-8")
