"""One send of ours, in a process of its own.

    python -m benchmarks.ours URL PEOPLE CONNECTIONS on|off sqlite|postgresql|DATABASE

Prints its figures as JSON. `on` is a whole send over a durable ledger, from the freezing of the
audience to the finished issue; `off` the provider alone. The seconds of processor are this
process's and the database server's; the peak of memory is this process's.
"""

import argparse
import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.databases import Database, database
from benchmarks.usage import cpu, peak
from benchmarks.week import SECRET, fill
from benchmarks.weekly import add_weekly, octets
from digest.bootstrap import App, bootstrap
from digest.database import upgrade
from digest.deliver.ledger.worker_lock import worker_lock
from digest.message.personalization import Personalization, Recipient
from digest.settings import read_settings

AT_ONCE = 1_000


def parser() -> argparse.ArgumentParser:
    command = argparse.ArgumentParser(prog="python -m benchmarks.ours", description=__doc__)
    command.add_argument("url")
    command.add_argument("people", type=int)
    command.add_argument("connections", type=int)
    command.add_argument("ledger", choices=["on", "off"])
    command.add_argument("database", help="sqlite, postgresql, or a URL")
    command.add_argument("--postmaster", type=int, help="the process of the server at that URL")
    return command


def main() -> None:
    given = parser().parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        database(given.database, Path(folder), given.postmaster) as store,
    ):
        smtp_url = f"{given.url}&connections={given.connections}"
        whole = given.ledger == "on"
        number = _apart(prepare, store.url, smtp_url, given.people if whole else 0)
        app = open_app(store.url, smtp_url)
        print(json.dumps(measured(app, store, number, given.people, whole=whole)))
        app.close()


def prepare(database_url: str, smtp_url: str, people: int) -> int:
    """Add an approved issue and its readers to an empty database; return its number."""
    app = open_app(database_url, smtp_url)
    number = add_weekly(app)
    if people:
        fill(app, people)
    app.close()
    return number


def _apart(work: Callable[[str, str, int], int], *given: Any) -> int:
    """Run in a process that ends with it: what was drafted and checked is no memory of a send."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *given).result()


def open_app(database_url: str, smtp_url: str) -> App:
    """Return the product over an empty, migrated database."""
    app = bootstrap(
        read_settings(
            database_url=database_url,
            provider="smtp",
            smtp_url=smtp_url,
            secret_key=SECRET,
            postal_address="1 Road, Town",
            sender="Verdicts <digest@digest.example>",
            public_url="https://digest.example",
        )
    )
    upgrade(app.store)
    return app


def measured(
    app: App, store: Database, number: int, people: int, *, whole: bool
) -> dict[str, float]:
    """Send; return the figures. Exits with a word unless everybody was mailed."""
    before = cpu() + store.cpu()
    began = time.perf_counter()
    done = _send(app, number) if whole else _submit(app, number, people)
    seconds = time.perf_counter() - began
    used = cpu() + store.cpu() - before
    if done != people:
        sys.exit(f"{people} were to be mailed, and {done} were")
    return {
        "people": people,
        "seconds": seconds,
        "cpu": used,
        "mb": peak(),
        "octets": octets(app, number),
    }


def _send(app: App, number: int) -> int:
    app.issues.start(number)
    with worker_lock(app.store) as here:
        progress = app.sending.run(number, here)
    return progress.counts["submitted"] if progress.finished else 0


def _submit(app: App, number: int, people: int) -> int:
    with app.store.read() as session:
        edition = app.renderer.edition(session, number)
    outcomes = app.provider.submit(edition, _batches(app, number, people))
    return sum(len(some) for some in outcomes)


def _batches(app: App, number: int, people: int) -> Iterator[list[Personalization]]:
    with app.store.read() as session:
        edition = app.renderer.edition(session, number)
    for start in range(1, people + 1, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, people + 1))
        recipients = [
            Recipient(n, n, 0, None, f"reader{n}@example.org", f"Reader {n}", True) for n in numbers
        ]
        yield app.renderer.personalize(recipients, edition)


if __name__ == "__main__":
    main()
