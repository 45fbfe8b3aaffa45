"""One send of ours, in a process of its own.

    python -m benchmarks.ours URL PEOPLE CONNECTIONS on|off sqlite|postgresql

Prints its figures as JSON. `on` is a whole send over a durable ledger, from the freezing of the
audience to the finished issue; `off` the provider alone. The seconds of processor are this
process's and the database server's; the peak of memory is this process's.
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

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


def main(url: str, people: int, connections: int, ledger: str, kind: str) -> None:
    with tempfile.TemporaryDirectory() as folder, database(kind, Path(folder)) as store:
        app = open_app(store.url, f"{url}&connections={connections}")
        number = add_weekly(app)
        if ledger == "on":
            fill(app, people)
        print(json.dumps(measured(app, store, number, people, whole=ledger == "on")))
        app.close()


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
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5])
