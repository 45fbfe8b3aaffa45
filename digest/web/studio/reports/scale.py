"""Axes: a round number above all values, and places between 0 and it."""

from collections.abc import Iterable
from math import ceil, floor, log10

STEPS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
"""Where an axis may end, in its power of ten: halves of these are short to write."""
HEIGHT = 200.0
WIDTH = 1_000.0


def round_up(values: Iterable[float | None]) -> float:
    """Return the least round number that no value exceeds; 1 where there is none above 0."""
    largest = max((one for one in values if one is not None), default=0.0)
    if largest <= 0:
        return 1.0
    power = 10.0 ** floor(log10(largest))
    found = next((one * power for one in STEPS if one * power >= largest * (1 - 1e-9)), power * 10)
    return round(found, 10)


def whole_round_up(values: Iterable[float | None]) -> float:
    """Return the same for counts: an even whole number, so that its half is one too."""
    top = ceil(round_up(values))
    return float(top + top % 2)


def across(place: int, count: int) -> float:
    """Return where the middle of the `place`-th of `count` columns is."""
    return round(WIDTH * (place + 0.5) / max(count, 1), 1)


def up(value: float, top: float, height: float = HEIGHT) -> float:
    """Return how far from the plot's upper edge a value is."""
    return round(height * (1 - min(max(value / top, 0.0), 1.0)), 1)
