"""Finds addresses that a file holds twice: exact, and in flat memory for any length."""

import json
import sqlite3
from collections.abc import Iterable
from typing import Self


class DuplicateFinder:
    """Remembers the keys of all chunks so far in a temporary file; use as a with-block."""

    def __init__(self) -> None:
        self._chunk = 0
        # An empty name is a temporary file (https://www.sqlite.org/inmemorydb.html, section 3).
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        for statement in (
            "PRAGMA journal_mode=OFF",
            "PRAGMA synchronous=OFF",
            "PRAGMA cache_size=-4000",
            "CREATE TABLE seen (key INTEGER PRIMARY KEY, chunk INTEGER NOT NULL)",
            "BEGIN",
        ):
            self._database.execute(statement)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def repeated(self, keys: Iterable[str]) -> set[str]:
        """Add one chunk's `keys`; return those that an earlier chunk had."""
        self._chunk += 1
        numbers = {hash(key): key for key in keys}
        ordered = sorted(numbers)  # neighbours share a page
        rows = ((number, self._chunk) for number in ordered)
        new = self._database.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", rows)
        if new.rowcount == len(ordered):
            return set()
        found = self._database.execute(
            "SELECT key FROM seen WHERE chunk <> ? AND key IN (SELECT value FROM json_each(?))",
            (self._chunk, json.dumps(ordered)),
        )
        return {numbers[number] for (number,) in found}
