"""What a reader could look up: the pages of an issue, and what earlier issues printed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from digest.catalog.queries import ComparisonView, ContenderView

WORDS = [
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]


@dataclass
class Pages:
    """What a reader could look up: this issue's pages, and the scores that earlier ones printed."""

    number: int
    views: Sequence[ComparisonView]
    as_of: datetime
    printed: Sequence[tuple[int, dict[str, set[float | None]]]] = ()
    """Earlier issues, the newest first, each with its scores by tool name."""
    names: list[str] = field(init=False)

    def __post_init__(self) -> None:
        every = {" ".join(one.name.split()) for view in self.views for one in view.contenders}
        self.names = sorted(every, key=len, reverse=True)

    def sides(self, name: str) -> list[ContenderView]:
        return [
            one for view in self.views for one in view.contenders
            if " ".join(one.name.split()) == name
        ]  # fmt: skip

    def pairs(self, one: str, other: str) -> list[tuple[ContenderView, ContenderView]]:
        found = []
        for view in self.views:
            left, right = view.contenders
            for first, second in ((left, right), (right, left)):
                if (first.name, second.name) == (one, other):
                    found.append((first, second))
        return found

    def last_printed(self, name: str) -> tuple[int, set[float | None]] | None:
        return next(((at, scores[name]) for at, scores in self.printed if name in scores), None)


def resolve(said: str, pages: Pages) -> str | None:
    """Return the tool that `said` names: whole, without its bracket, or cut with an ellipsis.

    None if it is no tool, or could be two.
    """
    if said in pages.names:
        return said
    if said.endswith("…"):
        fits = [name for name in pages.names if name.startswith(said[:-1])]
    else:
        fits = [
            name for name in pages.names if re.sub(r"\s*[(\[][^()\[\]]*[)\]]$", "", name) == said
        ]
    return fits[0] if len(fits) == 1 else None


def number(text: str) -> float:
    low = text.lower()
    return float(WORDS.index(low)) if low in WORDS else float(text.rstrip("%"))


def near(score: float | None, said: str) -> bool:
    """As printed: one decimal, and 0% and 100% are said of nothing else."""
    if score is None:
        return False
    if (number(said) in (0, 100)) != (score in (0, 100)):
        return False
    return abs(score - number(said)) < 0.0999
