"""The tables of a SQLite file, for a copy."""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from store.copying.rows import Columns, CopyError, Fingerprint, Row, RowHasher, listed, quoted

CACHE_KIB = 16 * 1024
"""Pages that SQLite may hold while a file is filled; they bound its memory."""


class SqliteTables:
    """The tables of an open SQLite connection, but for those that are left out.

    As a target it is a file that nobody else has open: foreign keys are looked at once, at the end.
    """

    def __init__(self, connection: sqlite3.Connection, left_out: Collection[str] = ()) -> None:
        self._connection = connection
        self._left_out = frozenset(left_out)

    def columns(self) -> Columns:
        names = self._texts(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' "
            "ESCAPE '\\' ORDER BY name"
        )
        return {
            name: sorted(self._texts("SELECT name FROM pragma_table_info(?)", name))
            for name in names
            if name not in self._left_out
        }

    def parents_first(self) -> list[str]:
        return list(self.columns())  # foreign keys are off while rows come in

    def rows(self, table: str, columns: Sequence[str]) -> Iterator[Row]:
        return self._connection.execute(f"SELECT {listed(columns)} FROM {quoted(table)}")  # noqa: S608 - quoted

    @contextmanager
    def loading(self) -> Iterator[None]:
        self._connection.execute("PRAGMA foreign_keys=OFF")
        self._connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        indexes = self._connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        ).fetchall()
        # One after the other at the end they are sorted, which is quicker than row by row.
        for name, _ in indexes:
            self._connection.execute(f"DROP INDEX {quoted(name)}")
        yield
        for _, statement in indexes:
            self._connection.execute(statement)
        broken = self._connection.execute("PRAGMA foreign_key_check").fetchone()
        if broken is not None:
            msg = f"a row of {broken[0]} refers to one of {broken[2]} that is not there"
            raise CopyError(msg)

    def load(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        places = ", ".join("?" * len(columns))
        self._connection.executemany(
            f"INSERT INTO {quoted(table)} ({listed(columns)}) VALUES ({places})",  # noqa: S608 - quoted
            rows,
        )

    def sequences(self) -> dict[str, int]:
        return {
            str(name): int(highest or 0)
            for name, highest in self._connection.execute("SELECT name, seq FROM sqlite_sequence")
        }

    def set_sequences(self, highest: Mapping[str, int]) -> None:
        known = self.columns()
        for table, number in highest.items():
            if table not in known:
                continue
            found = self._connection.execute(
                "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", (number, table)
            )
            if found.rowcount == 0:
                self._connection.execute(
                    "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, number)
                )

    def fingerprint(self, table: str, columns: Sequence[str]) -> Fingerprint:
        hasher = RowHasher()
        for _ in hasher.through(self.rows(table, columns)):
            pass
        return hasher.fingerprint

    def _texts(self, statement: str, *values: str) -> list[str]:
        return [str(row[0]) for row in self._connection.execute(statement, values)]
