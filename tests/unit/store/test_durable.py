"""What is committed outlives a power cut: SQLite is told to wait for the disk."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any


def test_a_commit_waits_for_the_disk(
    no_wait_for_the_disk: Callable[[Any, Any], None], tmp_path: Path
) -> None:
    """As everywhere but in these tests, which have no power cuts and would take twice as long."""
    connection = sqlite3.connect(tmp_path / "digest.db")
    no_wait_for_the_disk(connection, None)
    full = 2  # https://www.sqlite.org/pragma.html#pragma_synchronous
    assert connection.execute("PRAGMA synchronous").fetchone() == (full,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
