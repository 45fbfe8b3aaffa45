"""Defines messages that readers see, with English as their keys, and the values that fill them."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """A whole sentence with named placeholders, as `{tool}`; nothing is glued from pieces.

    `many` is its form for a count other than one; `by` names the placeholder that counts.
    """

    text: str
    many: str = ""
    by: str = "count"


@dataclass(frozen=True, slots=True)
class Percent:
    """A share in per cent: 75.0 is 75%."""

    value: float


@dataclass(frozen=True, slots=True)
class Figure:
    """A number in figures, with at most one decimal."""

    value: float


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are: in words where a language does so, as English does up to twelve."""

    value: int


@dataclass(frozen=True, slots=True)
class Names:
    """Names in a list, with an "and" before the last."""

    names: Sequence[str]


@dataclass(frozen=True, slots=True)
class Series:
    """Names in a list that goes on."""

    names: Sequence[str]


Value = str | int | Percent | Figure | Count | Names | Series
"""What fills a placeholder. A text stands as it is: a name, a price as it was published."""


def counted(value: Value) -> float:
    """Return the number that a message's plural form goes by."""
    if isinstance(value, int):
        return value
    if isinstance(value, Percent | Figure | Count):
        return value.value
    msg = f"nothing to count by: {value!r}"
    raise TypeError(msg)
