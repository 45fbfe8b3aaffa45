"""Senders killed at a few random moments; `python -m benchmarks.kills` does it at hundreds."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.siege import besiege


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not one of pytest's own: a server's sockets are in it, and other runs tidy those up."""
    with tempfile.TemporaryDirectory(prefix="siege-") as name:
        yield Path(name)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_killed_at_random_nobody_is_lost_or_mailed_twice_unasked(
    database: str, folder: Path
) -> None:
    """Into a server that offers CHUNKING; on PostgreSQL there are two senders at once."""
    figures, faults = besiege(database, folder, kills=4, terms=1, people=400, seed=2)
    assert not faults
    assert (figures["SIGKILL"], figures["SIGTERM"]) == (4, 1)
    assert figures["people, all issues"] >= 400
    assert figures["got it twice otherwise"] == figures["lost"] == 0
    assert "Traceback" not in (folder / "log").read_text(encoding="utf-8")
