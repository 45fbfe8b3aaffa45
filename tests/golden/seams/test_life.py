"""What the product writes as it lives: names in JSON, words in columns, headers of mail, files.

A row or a message written today must be one that was written before: what reads them may be an
older worker, a mailbox provider's rule, or a query of the operator's own.
"""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.golden.seams.held import FILES, hold, key_paths
from tests.golden.seams.outside import Outside, bare
from tests.golden.seams.world import live

STORE = FILES / "store_before.sql"
WORDS = {
    "attempt": ("provider", "outcome"),
    "batch": ("state", "lane", "provider"),
    "consent": ("kind", "wording", "source", "form"),
    "event": ("kind", "rule"),
    "following": ("topic", "name"),
    "gate_override": ("code", "reason", "decided_by"),
    "issue": ("series", "state", "approved_by"),
    "leaving": ("reason",),
    "letter": ("kind", "state"),
    "lift": ("reason", "who"),
    "link": ("kind", "label"),
    "pace": ("provider", "lane"),
    "pick": ("role", "series"),
    "run": ("state", "note"),
    "schedule": ("approval", "frequency"),
    "subscriber": ("status", "frequency", "zone", "source"),
    "suppression": ("reason", "note"),
    "variant": ("key",),
    "vote": ("verdict",),
}
"""Columns of few words, whose words are the program's own."""
KEYS = {"letter": "key", "event": "key", "delivery": "provider_id"}
"""Columns that say what a row is about, so that it is there once; held with numbers left out."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a whole life was lived; the first one ever is kept as the store before."""
    folder = tmp_path_factory.mktemp("life")
    with pytest.MonkeyPatch.context() as patch:
        bare(patch, folder)
        live(Outside(folder, patch, lambda: ("", "")))
    if not STORE.exists():
        with closing(sqlite3.connect(folder / "var/digest.db")) as store:
            STORE.write_text("\n".join([*store.iterdump(), ""]), encoding="utf-8")
    return folder


@pytest.fixture
def store(home: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(home / "var/digest.db")) as opened:
        yield opened


def test_as_many_rows_are_written_as_before(store: sqlite3.Connection) -> None:
    tables = store.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    hold(
        "rows.txt",
        [
            f"{name}: {store.execute(f'SELECT count(*) FROM {name}').fetchone()[0]}"
            for (name,) in tables.fetchall()
            # Their rows are changes that are folded now and then.
            if name not in {"delivery_count", "figure_change"}
        ],
    )


def test_words_are_written_as_before(store: sqlite3.Connection) -> None:
    lines = []
    for table, columns in WORDS.items():
        for column in columns:
            query = f"SELECT {column}, count(*) FROM {table} GROUP BY 1 ORDER BY 1"
            lines += [f"{table}.{column}: {word!r} x{many}" for word, many in store.execute(query)]
    hold("written_words.txt", lines)


def test_keys_are_written_as_before(store: sqlite3.Connection) -> None:
    """Written otherwise, the same event or letter would be there twice."""
    lines = []
    for table, column in KEYS.items():
        rows = store.execute(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL")
        shapes = Counter(_shape(key) for (key,) in rows)
        lines += [f"{table}.{column}: {shape} x{many}" for shape, many in sorted(shapes.items())]
    hold("written_keys.txt", lines)


def test_json_in_the_database_has_the_names_it_had(store: sqlite3.Connection) -> None:
    """Every JSON column of every table: those that the schema declares so."""
    lines: set[str] = set()
    tables = store.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (table,) in tables:
        columns = store.execute(f"PRAGMA table_info({table})").fetchall()
        for column in [one[1] for one in columns if one[2] == "JSON"]:
            for (text,) in store.execute(f"SELECT {column} FROM {table}"):
                lines |= key_paths(json.loads(text), f"{table}.{column}")
    hold("json_columns.txt", sorted(lines))


def test_messages_carry_the_headers_they_carried(home: Path) -> None:
    """Names in their order, and of those that providers go by, the value but for tokens."""
    heads = {_head(path) for path in (home / "var/outbox/new").glob("*.eml")}
    hold("headers.txt", "\n\n".join(sorted(heads)).splitlines())


def test_files_are_where_they_were(home: Path) -> None:
    """What a backup must hold and a mount must reach."""
    paths = {path.relative_to(home).as_posix() for path in home.rglob("*")}
    named = {re.sub(r"new/.*\.eml$", "new/*.eml", path) for path in paths}
    hold("files.txt", sorted(one for one in named if not one.endswith(("-wal", "-shm"))))


def _shape(key: str) -> str:
    """`key` with tokens, marks and numbers left out."""
    named = re.sub(r"\b[0-9a-f]{16}\b", "MARK", re.sub(r"^[\w-]{22}(?=\.eml$)", "TOKEN", key))
    return re.sub(r"\d+", "N", re.sub(r"\b(?:[0-9a-f]{41}|[0-9a-f]{64})\b", "HASH", named))


def _head(path: Path) -> str:
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    lines = [f"{name}: {_value(name, str(value))}".rstrip() for name, value in message.items()]
    parts = [part.get_content_type() for part in message.walk()]
    return "\n".join([*lines, f"parts {', '.join(parts)}"])


def _value(name: str, value: str) -> str:
    if name in ("To", "Date", "Content-Type"):
        return ""
    return re.sub(r"(%20|(?<![\w-]))[\w-]{22}(?![\w-])", r"\1TOKEN", value)
