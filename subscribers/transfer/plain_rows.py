"""Rows of a list that holds no more than addresses and names, by columns.

One object a row costs as much as all that is done with it; such a list needs none.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import compress, repeat
from typing import Any

from subscribers.transfer.formats.statuses import ImportedStatus
from subscribers.transfer.rows import NOTHING_ELSE, ImportRow

_make = partial(tuple.__new__, ImportRow)


class PlainRows:
    """People by columns, as many in each, with a `status` that is the same for all."""

    __slots__ = ("emails", "keys", "lines", "names", "status")

    def __init__(
        self,
        status: ImportedStatus | None,
        lines: Iterable[int] = (),
        emails: Iterable[str] = (),
        keys: Iterable[str] = (),
        names: Iterable[str] = (),
    ) -> None:
        self.status = status
        self.lines, self.emails = list(lines), list(emails)
        self.keys, self.names = list(keys), list(names)

    def __len__(self) -> int:
        return len(self.lines)

    def __iter__(self) -> Iterator[ImportRow]:
        rest = map(repeat, (self.status, *NOTHING_ELSE))
        return map(_make, zip(*self.columns(), *rest, strict=False))

    def replace(self, at: int, row: ImportRow) -> None:
        """Put the address and name of `row` at a place that there is."""
        self.lines[at], self.emails[at], self.keys[at], self.names[at] = row[:4]

    def append(self, row: ImportRow) -> None:
        for column, value in zip(self.columns(), row[:4], strict=True):
            column.append(value)

    def extend(self, others: "PlainRows") -> None:
        for column, values in zip(self.columns(), others.columns(), strict=True):
            column.extend(values)

    def without(self, places: Iterable[int]) -> "PlainRows":
        kept = bytearray(b"\1") * len(self)
        for at in places:
            kept[at] = 0
        return PlainRows(self.status, *(compress(column, kept) for column in self.columns()))

    def cut(self, count: int) -> "PlainRows":
        """Take the first rows out; return them."""
        first = PlainRows(self.status, *(column[:count] for column in self.columns()))
        for column in self.columns():
            del column[:count]
        return first

    def columns(self) -> tuple[list[Any], ...]:
        """Return them in the order of the fields of `ImportRow`."""
        return self.lines, self.emails, self.keys, self.names


People = PlainRows | list[ImportRow]
"""Of one kind throughout a file."""
