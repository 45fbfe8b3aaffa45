"""Plain values of one comparison as a source page states it.

Every reader of pages returns them, checked; `catalog.upsert.upsert_page` writes them to the tables.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from store.errors import UserError


class Lens(StrEnum):
    """A panel member's standpoint, in the order in which they speak on a page."""

    BUILDER = "builder"
    SKEPTIC = "skeptic"
    FUTURIST = "futurist"
    FOUNDER = "founder"


class Verdict(StrEnum):
    SHIP = "ship"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """One panel member's words; `verdict` is None if the source does not say (never guessed)."""

    lens: Lens
    quote: str
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class ContenderPage:
    """A tool as this page shows it. Scores are per cent, 0 to 100; None is the page's dash."""

    name: str
    category: str
    tagline: str
    description: str
    panel_score: float | None
    community_score: float | None
    entry_price: str
    reviews: tuple[ReviewPage, ...]
    slug: str | None = None
    """The tool's own slug if the source says it (JSON); else it is made from the name."""


@dataclass(frozen=True, slots=True)
class ComparisonPage:
    """One page with exactly two contenders. `source` (a path, `-`) is for messages only.

    `notes` say in words what the source lacks: reviews that are missing, or left out since whose
    they are would be a guess.
    """

    title: str
    contenders: tuple[ContenderPage, ContenderPage]
    slug: str | None = None
    url: str | None = None
    published_at: datetime | None = None
    source: str = ""
    notes: tuple[str, ...] = ()


class PageError(UserError, ValueError):
    """A page that can't be read.

    `line` counts from 1 (None if a line makes no sense); `at` is a place of another kind, such as a
    JSON path. `str()` is the one line to print:
    ``SOURCE, line 12: found "abc", expected a per cent like 75% or a dash``.
    """

    def __init__(
        self, source: str, line: int | None, found: str, expected: str, *, at: str | None = None
    ) -> None:
        self.source = source
        self.line = line
        self.at = at
        self.found = found
        self.expected = expected
        place = f"line {line}" if line is not None else at
        where = f"{source}, {place}" if place is not None else source
        shown = found if len(found) <= 80 else found[:79] + "…"  # noqa: PLR2004 - one terminal line
        super().__init__(f"{where}: found {shown}, expected {expected}")
