"""Says which words hold for a panel of a given score and size; docs/claims.md has the table.

Every sentence about a panel, in subjects, kickers, reasons and rows, asks here and nowhere else.
"""

from dataclasses import dataclass

HALF, WHOLE = 50, 100
SPLIT = (40, 60)
"""Scores, in per cent, at which a panel is split: as good as even."""
DIVIDED = (25, 75)
"""Scores at which a panel is divided: at least a quarter is on each side."""
MIN_FOR_ALL_BUT_ONE = 3
"""With two reviewers, "all but one" is half the panel."""
ROUNDING = 0.5
"""How far a published score may be from an exact share, in per cent: it may be rounded."""


@dataclass(frozen=True, slots=True)
class Panel:
    """What a page says of one tool: `score` per cent of the panel would ship it (None: no score).

    `size` is how many reviews the page has. It need not be the panel's size, so a head count is
    said only where it agrees with the score.
    """

    score: float | None
    size: int

    @property
    def ships(self) -> int | None:
        """How many would ship it; None unless score and size agree on a whole number."""
        return count_ships(self.score, self.size)

    @property
    def skips(self) -> int | None:
        """How many would skip it, under the same condition."""
        ships = self.ships
        return None if ships is None else self.size - ships

    @property
    def all_ship(self) -> bool:
        return self.score == WHOLE

    @property
    def none_ships(self) -> bool:
        return self.score == 0

    @property
    def would_ship(self) -> bool:
        """Whether "the panel would ship it" holds: more than half would."""
        return self.score is not None and self.score > HALF

    @property
    def would_skip(self) -> bool:
        """Whether "the panel would skip it" holds: more than half would."""
        return self.score is not None and self.score < HALF

    @property
    def is_split(self) -> bool:
        return self._between(SPLIT)

    @property
    def is_divided(self) -> bool:
        return self._between(DIVIDED)

    @property
    def all_but_one_ship(self) -> bool:
        return self.skips == 1 and self.size >= MIN_FOR_ALL_BUT_ONE

    @property
    def only_one_ships(self) -> bool:
        return self.ships == 1 and self.size >= MIN_FOR_ALL_BUT_ONE

    def _between(self, bounds: tuple[int, int]) -> bool:
        # One reviewer can't be divided, whatever the page's score.
        low, high = bounds
        return self.score is not None and low <= self.score <= high and self.size != 1


def count_ships(score: float | None, size: int) -> int | None:
    """Return how many of `size` reviewers are `score` per cent; None if it is no whole number.

    All ship at 100 only, and nobody at 0 only: 99.9 per cent of four is no head count.
    """
    if score is None or not size:
        return None
    count = round(score * size / WHOLE)
    if abs(count * WHOLE / size - score) > ROUNDING:
        return None
    agrees = (count == size) == (score == WHOLE) and (count == 0) == (score == 0)
    return count if agrees else None
