"""Reads and writes the kept figures, and tells where a ratio has become worse.

The file is JSON: the machine, then for each case how often it was run and its rows by key. A figure
over several runs is `[median, least, most]`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks.harness.spread import Measured, Spread

FILE = Path(__file__).resolve().parents[1] / "kept.json"
TOLERANCE = 0.1
"""A ratio that is worse than the kept one by more than this part is called slower."""


@dataclass(frozen=True, slots=True)
class KeptCase:
    runs: int
    rows: tuple[Measured, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    machine: str = ""
    cases: Mapping[str, KeptCase] = field(default_factory=dict)

    def row(self, case: str, key: str) -> Measured | None:
        if kept := self.cases.get(case):
            return next((row for row in kept.rows if row.key == key), None)
        return None

    def updated(self, machine: str, name: str, case: KeptCase) -> "Kept":
        """Return these figures with those of one case replaced.

        Figures of another machine go: they do not stand beside this one's in a table.
        """
        others = self.cases if machine == self.machine else {}
        return replace(self, machine=machine, cases={**others, name: case})


def slower(now: Measured, kept: Measured | None) -> bool:
    """True if the median ratio is worse than the kept one by more than a tenth."""
    if kept is None:
        return False
    if now.less:
        return now.ratio.median > kept.ratio.median * (1 + TOLERANCE)
    return now.ratio.median < kept.ratio.median * (1 - TOLERANCE)


def read(path: Path = FILE) -> Kept:
    """Return what is kept; nothing where there is no such file."""
    if not path.exists():
        return Kept()
    found = json.loads(path.read_text(encoding="utf-8"))
    return Kept(
        found["machine"],
        {
            name: KeptCase(case["runs"], tuple(_row(row) for row in case["rows"]))
            for name, case in found["cases"].items()
        },
    )


def write(kept: Kept, order: Sequence[str], path: Path = FILE) -> None:
    """Write the figures, cases in `order`; a case that is no longer in it is dropped."""
    cases = {
        name: {"runs": case.runs, "rows": [_plain(row) for row in case.rows]}
        for name in order
        if (case := kept.cases.get(name))
    }
    text = json.dumps({"machine": kept.machine, "cases": cases}, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def _plain(row: Measured) -> dict[str, Any]:
    return {
        name: [round(one, 4) for one in value.values()] if isinstance(value, dict) else value
        for name, value in asdict(row).items()
    }


def _row(found: Mapping[str, Any]) -> Measured:
    values: dict[str, Any] = {
        name: Spread(*value) if isinstance(value, list) else value for name, value in found.items()
    }
    return Measured(**values)
