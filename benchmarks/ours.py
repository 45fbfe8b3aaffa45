"""One send of ours, in a process of its own.

python -m benchmarks.ours URL PEOPLE CONNECTIONS on|off prints its figures as JSON. `on` is a whole
send over a durable ledger in SQLite, from the freezing of the audience to the finished issue; `off`
the provider alone.
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.usage import cpu, peak
from benchmarks.week import SECRET, add_issue, fill
from digest.bootstrap import App, bootstrap
from digest.database import upgrade
from digest.deliver.ledger.worker_lock import worker_lock
from digest.message.personalization import Personalization, Recipient
from digest.message.template import MessageTemplate
from digest.settings import read_settings

AT_ONCE = 1_000


def main(url: str, people: int, connections: int, ledger: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        app = bootstrap(
            read_settings(
                database_url=f"sqlite:///{Path(folder) / 'digest.db'}",
                provider="smtp",
                smtp_url=f"{url}&connections={connections}",
                secret_key=SECRET,
                postal_address="1 Road, Town",
                sender="Verdicts <digest@digest.example>",
                public_url="https://digest.example",
            )
        )
        upgrade(app.store)
        number = add_issue(app)
        if ledger == "on":
            fill(app, people)
        seconds, used = time.perf_counter(), cpu()
        done = (_send if ledger == "on" else _submit)(app, number, people)
        seconds, used = time.perf_counter() - seconds, cpu() - used
        if done != people:
            sys.exit(f"{people} were to be mailed, and {done} were")
        print(
            json.dumps(
                {
                    "people": people,
                    "seconds": seconds,
                    "cpu": used,
                    "mb": peak(),
                    "octets": _size(app, number),
                }
            )
        )
        app.close()


def _send(app: App, number: int, people: int) -> int:
    del people
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
            Recipient(n, n, 0, None, f"reader{n}@example.org", "Reader", True) for n in numbers
        ]
        yield app.renderer.personalize(recipients, edition)


def _size(app: App, number: int) -> int:
    with app.store.read() as session:
        edition = app.renderer.edition(session, number)
    return len(
        MessageTemplate(edition).message(app.renderer.sample_personalization(edition), app.clock())
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
