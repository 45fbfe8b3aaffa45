"""What both kinds of database offer a copy: columns, rows, sequences; and fingerprints of rows."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from store.engine import StoreError

Row = Sequence[object]
"""The cells of a row as SQLite stores them: text, whole numbers, None."""
Columns = Mapping[str, Sequence[str]]
"""The columns of each table, by name."""
Progress = Callable[[str, int], None]
"""Told of every table, and every some thousand rows: its name, and how many came so far."""
STEP = 20_000
"""Rows between two calls of a Progress."""
_CELL, _NULL = "\x1f", "\x1e"
_HASH_BYTES = 7


class CopyError(StoreError):
    """The tables of two databases differ, or a row of the one can't be had in the other."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """How many rows a table has, and the sum of their hashes: the same in any order."""

    rows: int
    total: int


class RowHasher:
    """Adds up the fingerprint of the rows that pass through it."""

    def __init__(self) -> None:
        self.rows = 0
        self._total = 0

    @property
    def fingerprint(self) -> Fingerprint:
        return Fingerprint(self.rows, self._total)

    def through(
        self, rows: Iterable[Row], shown: Callable[[int], None] = lambda _: None
    ) -> Iterator[Row]:
        """Yield the rows, each counted and hashed; calls `shown` every STEP rows."""
        for row in rows:
            self._total += hash_of(row)
            self.rows += 1
            if self.rows % STEP == 0:
                shown(self.rows)
            yield row


def hash_of(row: Row) -> int:
    """Return a row's hash, which PostgreSQL can compute as well (`PostgresqlTables`)."""
    text = _CELL.join([_NULL if cell is None else str(cell) for cell in row])
    found = hashlib.md5(text.encode(), usedforsecurity=False)
    return int.from_bytes(found.digest()[:_HASH_BYTES], "big")


class Tables(Protocol):
    """The tables of one database, within a transaction of its own."""

    def columns(self) -> Columns:
        """Return every table that a copy has, with its columns by name."""
        ...

    def parents_first(self) -> list[str]:
        """Return the tables in an order in which each comes after those that it refers to."""
        ...

    def rows(self, table: str, columns: Sequence[str]) -> Iterator[Row]:
        """Yield all rows of a table as SQLite stores them."""
        ...

    def loading(self) -> AbstractContextManager[None]:
        """Get ready for many rows, and put in order afterwards what was put off for them."""
        ...

    def load(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Add rows as SQLite stores them. Raises CopyError."""
        ...

    def sequences(self) -> dict[str, int]:
        """Return the highest number that was ever given out in each table that numbers its rows."""
        ...

    def set_sequences(self, highest: Mapping[str, int]) -> None:
        """Let each table go on after that number, or after the highest that it holds."""
        ...

    def fingerprint(self, table: str, columns: Sequence[str]) -> Fingerprint:
        """Return the fingerprint of what the table holds."""
        ...


def quoted(name: str) -> str:
    """Return a table's or column's name as both databases take it."""
    return '"' + name.replace('"', '""') + '"'


def listed(names: Iterable[str]) -> str:
    return ", ".join(map(quoted, names))
