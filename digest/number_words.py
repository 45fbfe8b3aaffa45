"""Writes numbers and lists in words."""

from collections.abc import Sequence

_WORDS = (
    "no", "one", "two", "three", "four", "five", "six",
    "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip


def percent(score: float) -> str:
    """Format with at most one decimal: 75.0 -> '75%', 87.5 -> '87.5%', 66.6667 -> '66.7%'."""
    return figure(score) + "%"


def figure(score: float) -> str:
    """Format per cent without the sign: only 0 is '0' and only 100 is '100', 99.97 is '99.9'."""
    return f"{printed(score):.1f}".removesuffix(".0")


def printed(score: float) -> float:
    """Return per cent as it is printed: one decimal, and neither 0 nor 100 unless it is."""
    return score if score in (0, 100) else min(max(round(score, 1), 0.1), 99.9)


def number_word(count: int) -> str:
    """Spell a number: 3 -> 'three'; in figures from thirteen on."""
    return _WORDS[count] if count < len(_WORDS) else str(count)


def count_of(count: int, noun: str) -> str:
    """Format a count: 1 -> '1 day', 3 -> '3 days'."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def listed(items: Sequence[str]) -> str:
    """Join names: 'A', 'A and B', 'A, B and C'."""
    if len(items) <= 1:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"
