"""Reads the figures of a contender: each value is on the line before its label.

Six lines: `75%`, `Panel ship`, `—`, `Community`, `$20/mo`, `Entry`. A page may also put a value
and its label on one line: `75% Panel ship`.
"""

import re
from dataclasses import dataclass

from digest.catalog.intake import limits
from digest.catalog.intake.text.lines import Page, matching
from store.text import normalize

PANEL = "panel ship"
COMMUNITY = "community"
ENTRY = "entry"
SCORE = "a per cent from 0% to 100%, or a dash"
_PER_CENT = re.compile(r"([0-9]{1,3}(?:[.,][0-9]{1,6})?) ?%")
_DASHES = frozenset("-‐‑‒–—―−⸺⸻﹘﹣－")


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures found in lines `start` up to `end` (exclusive)."""

    start: int
    end: int
    panel_score: float | None
    community_score: float | None
    entry_price: str


def parse_score(text: str) -> float | None:
    """Parse '75%' or '87.5 %' to a number, and any dash to None. Raises ValueError."""
    if is_dash(text):
        return None
    match = _PER_CENT.fullmatch(normalize("NFKC", text).strip())
    score = float(match[1].replace(",", ".")) if match else -1.0
    if not 0 <= score <= 100:  # noqa: PLR2004 - per cent
        raise ValueError(text)
    return score


def is_dash(text: str) -> bool:
    """Return whether `text` is one dash of any kind: no score."""
    return 1 <= len(text) <= 3 and set(text) <= _DASHES  # noqa: PLR2004 - '--' and '---' are typed


def find_figures(page: Page, after: int, before: int | None = None) -> Figures | None:
    """Return the next contender's figures that begin in lines `after` up to `before`, if any.

    Raises PageError if figures begin but are not whole.
    """
    for index in range(after, len(page.lines) if before is None else before):
        if page.keys[index].endswith(PANEL) and _is_anchor(page, index, after):
            alone = page.keys[index] == PANEL
            return _read(page, index - 1 if alone else index)
    return None


def _is_anchor(page: Page, index: int, after: int) -> bool:
    """Return whether figures begin here and not a menu: a score before, or the next label after."""
    text = page.lines[index].text
    if page.keys[index] != PANEL:
        return _is_score(_without(text, PANEL))
    if index == after:
        return False
    return _is_score(page.lines[index - 1].text) or page.is_label(index + 2, COMMUNITY)


def _read(page: Page, start: int) -> Figures:
    panel_at, panel, index = _take(page, start, PANEL, SCORE)
    community_at, community, index = _take(page, index, COMMUNITY, SCORE)
    price_at, price, end = _take(page, index, ENTRY, "an entry price or a dash")
    price = page.bounded(price_at, price, limits.ENTRY_PRICE, "an entry price")
    return Figures(
        start=start,
        end=end,
        panel_score=_score(page, panel_at, panel),
        community_score=_score(page, community_at, community),
        entry_price="" if is_dash(price) else price,
    )


def _take(page: Page, index: int, label: str, expected: str) -> tuple[int, str, int]:
    """Return the value at `index`, the line it is on, and the line after its label."""
    name = f'"{label.capitalize()}"'
    if index >= len(page.lines) or page.is_label(index, label):
        raise page.error(index, f"{expected}, on the line before {name}")
    text = page.lines[index].text
    if page.is_label(index + 1, label):
        return index, text, index + 2
    value = _without(text, label)
    if value:
        return index, value, index + 1
    raise page.error(index + 1, name)


def _without(text: str, label: str) -> str:
    """Return what is before `label` on its line; empty if the label is not there."""
    folded = matching(text)
    if len(folded) > len(label) and folded.endswith(label):
        return text.rstrip(": ")[: -len(label)].strip()
    return ""


def _score(page: Page, index: int, text: str) -> float | None:
    try:
        return parse_score(text)
    except ValueError:
        raise page.error(index, SCORE) from None


def _is_score(text: str) -> bool:
    try:
        parse_score(text)
    except ValueError:
        return False
    return True
