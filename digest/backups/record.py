"""What a backup says about itself, in a table that no store has."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

TABLE = "backup_record"
NOT_COPIED = ("alembic_version", "procrastinate_", TABLE)
"""Tables whose rows stay where they are: the schema's version, the queue, and this one."""
_KEYS = ("made_at", "version", "database")


@dataclass(frozen=True, slots=True)
class Record:
    """When the backup was made (ISO, UTC), by which version of the program, and of what."""

    made_at: str
    version: str
    database: str


def program_version() -> str:
    try:
        return version("verdict-digest")
    except PackageNotFoundError:
        return "unknown"


def write_record(path: Path, record: Record) -> None:
    """Write the record into a SQLite file."""
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(f"DROP TABLE IF EXISTS {TABLE}")
        file.execute(f"CREATE TABLE {TABLE} ({', '.join(f'{key} TEXT' for key in _KEYS)})")
        file.execute(
            f"INSERT INTO {TABLE} VALUES (?, ?, ?)",  # noqa: S608 - a fixed name
            (record.made_at, record.version, record.database),
        )


def take_record(path: Path) -> Record | None:
    """Return the record and drop its table; None where there is none, as in an older backup."""
    with closing(sqlite3.connect(path)) as file, file:
        if not file.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (TABLE,)).fetchone():
            return None
        row = file.execute(f"SELECT {', '.join(_KEYS)} FROM {TABLE}").fetchone()  # noqa: S608 - fixed names
        file.execute(f"DROP TABLE {TABLE}")
    return Record(*map(str, row)) if row else None
