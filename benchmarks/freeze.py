"""The freeze of a long list, beside a bare INSERT ... SELECT of the same rows.

    python -m benchmarks.freeze [PEOPLE] [--postgresql]

Of its people one in ten wants mail once a month and had an issue of this month, one in five
follows something (half of them what the issue is about), one in fifty rests, and one in a hundred
is suppressed. The reference puts as many rows, in the same order, into a table with the same
columns and a primary key, without other indexes and constraints. Times are seconds, and processor
time with the server's own; then how long it takes to count the deliveries for `issue status`. The
last line has the seconds as JSON.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import text
from sqlmodel import select

from benchmarks.databases import Database, database
from benchmarks.machine import describe
from benchmarks.usage import cpu
from benchmarks.week import SECRET, add_issue, fill
from digest.bootstrap import App, bootstrap
from digest.catalog.pages import ComparisonPage, ContenderPage, Lens, ReviewPage
from digest.catalog.tables import Comparison
from digest.catalog.upsert import upsert_page
from digest.database import upgrade
from digest.deliver.ledger.state_counts import kept_counts, recount
from digest.issues.tables import Pick
from digest.settings import read_settings
from store.engine import Store

PREFERENCES = (
    "UPDATE subscriber SET frequency = 'monthly' WHERE id % 10 = 3",
    "UPDATE subscriber SET paused_until = '2999-01-01 00:00:00.000000{zone}' WHERE id % 50 = 7",
    """INSERT INTO following (subscriber_id, topic, name) SELECT id, 'category',
    CASE WHEN id % 10 = 0 THEN 'Writing' ELSE 'Code' END FROM subscriber WHERE id % 5 = 0""",
    """INSERT INTO following (subscriber_id, topic, name) SELECT id, 'tool', 'c'
    FROM subscriber WHERE id % 5 = 0""",
    """INSERT INTO suppression (address_hash, reason, note, detail, at) SELECT address_hash,
    'by_hand', '', '{{}}', '2026-01-01 00:00:00.000000{zone}' FROM subscriber WHERE id % 100 = 9""",
)
BARE = (
    "CREATE TABLE bare (id INTEGER PRIMARY KEY{identity}, issue_number INTEGER NOT NULL, "
    "batch_position INTEGER NOT NULL, subscriber_id INTEGER, state VARCHAR(16) NOT NULL, "
    "attempts INTEGER NOT NULL, provider_id VARCHAR(200), code VARCHAR(20), fault VARCHAR(8), "
    "changed_at {moment} NOT NULL)"
)
COPY = (
    "INSERT INTO bare (issue_number, batch_position, subscriber_id, state, attempts, changed_at) "
    "SELECT issue_number, batch_position, subscriber_id, 'queued', 0, changed_at FROM delivery "
    "WHERE issue_number = :number ORDER BY id"
)


def prepare(app: App, people: int) -> int:
    """Fill the list, send an issue of this month to everybody, and return the one to freeze."""
    fill(app, people)
    earlier, number = add_issue(app), add_issue(app)
    zone = "" if app.store.is_sqlite else "+00"
    app.issues.start(earlier)
    with app.store.write() as session:
        session.execute(text("UPDATE delivery SET state = 'submitted'"))
        for statement in PREFERENCES:
            session.execute(text(statement.format(zone=zone)))
        upsert_page(session, ComparisonPage("A vs B", (_side("A"), _side("B"))), app.clock())
        comparison = session.exec(select(Comparison.id)).one() or 0
        session.add(Pick(issue_number=number, comparison_id=comparison, position=0, role="lead"))
    recount(app.store)
    _tidy(app.store)
    return number


def _side(name: str) -> ContenderPage:
    reviews = (ReviewPage(Lens.BUILDER, "It holds."),)
    return ContenderPage(name, "Writing", "A line", "Words.", 100, None, "Free", reviews)


def _tidy(store: Store) -> None:
    """As autovacuum does in the days between two issues."""
    if store.is_sqlite:
        return
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
        connection.execute(text("CHECKPOINT"))


def timed(name: str, people: int, at: Database, do: Callable[[], object]) -> float:
    """Run `do`, print what it took, and return the seconds."""
    began, used, served = time.perf_counter(), cpu(), at.cpu()
    do()
    seconds = time.perf_counter() - began
    used, served = cpu() - used, at.cpu() - served
    print(
        f"{name}: {seconds:.2f} s, {used:.2f} CPU s here and {served:.2f} in the server: "
        f"{(used + served) / people * 1e6:.2f} µs a row",
        flush=True,
    )
    return seconds


def measure(people: int, at: Database) -> dict[str, float]:
    app = bootstrap(
        read_settings(
            database_url=at.url,
            secret_key=SECRET,
            postal_address="1 Road, Town",
            sender="Verdicts <digest@digest.example>",
            public_url="https://digest.example",
        )
    )
    upgrade(app.store)
    number = prepare(app, people)
    seconds = timed(f"freeze, {people:,} people", people, at, lambda: app.issues.start(number))
    bare = timed("bare INSERT ... SELECT", people, at, lambda: _copy(app.store, number))
    print(f"x {seconds / bare:.2f} of the bare statement", flush=True)
    began = time.perf_counter()
    with app.store.read() as session:
        counts = kept_counts(session, [number])[number]
    counting = (time.perf_counter() - began) * 1e3
    print(f"{counts['queued']:,} counted in {counting:.1f} ms")
    if not people * 0.7 < counts["queued"] < people * 0.9:
        sys.exit(f"the audience is not what it should be: {counts['queued']:,}")
    app.close()
    return {"people": people, "seconds": seconds, "bare_seconds": bare, "count_ms": counting}


def _copy(store: Store, number: int) -> None:
    with store.write() as session:
        sqlite = store.is_sqlite
        identity = "" if sqlite else " GENERATED BY DEFAULT AS IDENTITY"
        moment = "DATETIME" if sqlite else "TIMESTAMPTZ"
        session.execute(text(BARE.format(identity=identity, moment=moment)))
        session.execute(text(COPY), {"number": number})


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.freeze")
    parser.add_argument("people", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--postgresql", action="store_true", help="on PostgreSQL, not SQLite")
    given = parser.parse_args()
    print(f"{describe()}\n", flush=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        database("postgresql" if given.postgresql else "sqlite", Path(folder)) as at,
    ):
        found = measure(given.people, at)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
