"""Reports over many events: counted, kept, and beside a bare count of the events.

    python -m benchmarks.report [EVENTS] [--postgresql]

Ten issues went to the same list, with four events a delivery: delivered, opened twice, clicked; a
third of the opens and a fifth of the clicks are machines'. All is filled within the database. Times
are seconds, and processor time with the server's own: what the maintenance takes to count all
issues, then what the reports take that read it. The reference is `SELECT count(*)` over the same
events. The last line has the seconds as JSON.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text
from sqlmodel import Session

from benchmarks.databases import Database, database
from benchmarks.machine import describe
from benchmarks.usage import cpu
from benchmarks.week import SECRET, add_issue, fill
from digest.bootstrap import App, bootstrap
from digest.database import upgrade
from digest.deliver.ledger.state_counts import recount
from digest.reports.issue_report import report_of
from digest.reports.keep import QUIET, keep_next
from digest.reports.whole import read_whole
from digest.settings import read_settings
from store.engine import Store

ISSUES, EACH = 10, 4
AT = "'2026-01-05 08:00:00.000000{zone}'"
EVENTS = """
INSERT INTO event (key, kind, issue_number, delivery_id, link_number, machine, rule, detail, at)
SELECT '{kind}:{turn}:' || id, '{kind}', issue_number, id, {link}, {machine},
    CASE WHEN {machine} THEN 'agent' ELSE 'person' END, '{{}}', {at} FROM delivery
"""
KINDS = (
    ("opened", "NULL", "id % 3 = 0"),
    ("opened", "NULL", "id % 3 = 0"),
    ("clicked", "1 + id % 60", "id % 5 = 0"),
)
DELIVERED = """
INSERT INTO event (key, kind, issue_number, delivery_id, detail, at)
SELECT 'delivered:' || id, 'delivered', issue_number, id, '{{}}', {at} FROM delivery
"""
RAW = "SELECT count(*) FROM event"
SPREAD = """
UPDATE subscriber SET email = {email}, email_key = {email} WHERE id % 4 <> 0
"""
EMAIL = (
    "'reader' || id || CASE id % 4 WHEN 1 THEN '@gmail.com' WHEN 2 THEN '@yahoo.com' "
    "ELSE '@firm' || (id % 5000) || '.example' END"
)


def prepare(app: App, events: int) -> list[int]:
    """Fill the list, send the issues and let it all be opened; return their numbers."""
    fill(app, events // ISSUES // EACH)
    at = AT.format(zone="" if app.store.is_sqlite else "+00")
    with app.store.write() as session:
        session.execute(text(SPREAD.format(email=EMAIL)))
    numbers = [add_issue(app) for _ in range(ISSUES)]
    for number in numbers:
        app.issues.start(number)
    with app.store.write() as session:
        session.execute(text("UPDATE delivery SET state = 'delivered'"))
        session.execute(text("UPDATE issue SET state = 'finished'"))
        session.execute(text(DELIVERED.format(at=at)))
        for turn, (kind, link, machine) in enumerate(KINDS):
            values = {"kind": kind, "turn": turn, "link": link, "machine": machine, "at": at}
            session.execute(text(EVENTS.format(**values)))
    recount(app.store)
    if not app.store.is_sqlite:
        with app.store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as one:
            one.execute(text("VACUUM ANALYZE"))
    return numbers


class Timer:
    """Prints what each step took, and keeps the seconds by name."""

    def __init__(self, at: Database) -> None:
        self.at = at
        self.found: dict[str, float] = {}

    def time(self, name: str, do: Callable[[], object]) -> object:
        began, used = time.perf_counter(), cpu() + self.at.cpu()
        value = do()
        self.found[name] = time.perf_counter() - began
        self.found[f"{name}_cpu"] = cpu() + self.at.cpu() - used
        print(
            f"{name}: {self.found[name]:.3f} s, {self.found[f'{name}_cpu']:.3f} CPU s", flush=True
        )
        return value


def measure(events: int, at: Database) -> dict[str, float]:
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
    timer = Timer(at)
    numbers: list[int] = []
    timer.time("fill", lambda: numbers.extend(prepare(app, events)))
    read = _reader(app.store)
    timer.time(
        "raw", lambda: read(lambda one: one.execute(text("SELECT count(*) FROM event")).all())
    )
    # Every report once before and once after, so that nothing but what is kept differs.
    counted = timer.time("one_counted", lambda: read(lambda one: report_of(one, numbers[-1])))
    all_counted = timer.time("all_counted", lambda: read(lambda one: read_whole(one, ISSUES)))
    timer.time("keep", lambda: _keep_all(app, len(numbers)))
    kept = timer.time("one", lambda: read(lambda one: report_of(one, numbers[-1])))
    all_kept = timer.time("all", lambda: read(lambda one: read_whole(one, ISSUES)))
    if (kept, all_kept) != (counted, all_counted):
        sys.exit("what is kept says otherwise than what is counted")
    app.close()
    return {"events": events, **timer.found}


def _reader(store: Store) -> Callable[[Callable[[Session], object]], object]:
    def read(do: Callable[[Session], object]) -> object:
        with store.read() as session:
            return do(session)

    return read


def _keep_all(app: App, issues: int) -> None:
    now = app.clock()
    keep_next(app.store, now)
    kept = [keep_next(app.store, now + QUIET + timedelta(seconds=1)) for _ in range(issues)]
    if None in kept:
        sys.exit("an issue was not kept: too small a list")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report")
    parser.add_argument("events", type=int, nargs="?", default=2_000_000)
    parser.add_argument("--postgresql", action="store_true", help="on PostgreSQL, not SQLite")
    given = parser.parse_args()
    print(f"{describe()}\n", flush=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        database("postgresql" if given.postgresql else "sqlite", Path(folder)) as at,
    ):
        found = measure(given.events, at)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
