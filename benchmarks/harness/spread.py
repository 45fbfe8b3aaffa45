"""Runs a case several times and keeps the median, the least and the most of each figure."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.harness.case import Case, Options, Row


@dataclass(frozen=True, slots=True)
class Spread:
    median: float
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Measured:
    """A row over several runs; each ratio is of figures of the same run."""

    key: str
    what: str
    unit: str
    to: str
    ours: Spread
    reference: Spread
    ratio: Spread
    aim: float | None = None
    less: bool = False
    octets: int | None = None
    limit: Spread | None = None

    @property
    def reached(self) -> bool | None:
        """True if the median reaches the aim; None where there is none."""
        if self.aim is None:
            return None
        return self.ratio.median <= self.aim if self.less else self.ratio.median >= self.aim


def repeat(case: Case, runs: int, options: Options) -> list[Measured]:
    """Measure `runs` times, ours and references in turns. Raises ValueError if rows differ."""
    return over([case.measure(options) for _ in range(runs)])


def over(runs: Sequence[Sequence[Row]]) -> list[Measured]:
    """Return each row over its runs. Raises ValueError unless every run has the same rows."""
    keys = [row.key for row in runs[0]]
    if len(set(keys)) < len(keys):
        raise ValueError(f"a key stands twice: {', '.join(keys)}")
    if any([row.key for row in run] != keys for run in runs):
        raise ValueError(f"not every run has the rows {', '.join(keys)}")
    return [_measured(rows) for rows in zip(*runs, strict=True)]


def spread(figures: Sequence[float]) -> Spread:
    return Spread(median(figures), min(figures), max(figures))


def _measured(rows: Sequence[Row]) -> Measured:
    first = rows[0]
    limits = [row.limit for row in rows if row.limit is not None]
    return Measured(
        first.key,
        first.what,
        first.unit,
        first.to,
        ours=spread([row.ours for row in rows]),
        reference=spread([row.reference for row in rows]),
        ratio=spread([row.ratio for row in rows]),
        aim=first.aim,
        less=first.less,
        octets=first.octets,
        limit=spread(limits) if limits else None,
    )
