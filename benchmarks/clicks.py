"""Clicks into `digest web` on SQLite, each durable before its answer; and into a bare application.

    python -m benchmarks.clicks [CLICKS] [ROUNDS]

The bare one stands on the same server (uvicorn with uvloop and httptools, the same settings),
answers the same redirect to everybody and stores nothing. Each server has one core to itself, the
other is the readers': many connections that stay open, each with one request at a time (nothing
is pipelined). The two take turns; figures are each one's median. Prints as JSON: clicks per second
of the server's processor and of the clock, and how many milliseconds half of the readers, and 99 of
100, waited for their answer.
"""

import json
import multiprocessing
import os
import select
import socket
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from statistics import median
from threading import Event

from sqlalchemy import text
from sqlmodel import col
from sqlmodel import select as query
from starlette.types import ASGIApp, Receive, Scope, Send

from benchmarks.usage import cpu
from benchmarks.week import SECRET, add_issue, fill
from digest.bootstrap import App, bootstrap
from digest.database import upgrade
from digest.deliver.tables import Batch, BatchState
from digest.issues.tables import Issue, Link
from digest.settings import read_settings
from digest.web.application import create_app
from digest.web.public.clicks import MOVED
from digest.web.server import server_of, settle_memory
from store.times import sqlite_text
from subscribers.tables import Subscriber
from subscribers.tokens import Purpose, Tokens

CONNECTIONS, PEOPLE, LINKS = 512, 20_000, 20
TARGET = "https://example.org/comparisons/alpha-vs-beta-"
SENT = """INSERT INTO delivery (issue_number, batch_position, subscriber_id, state, attempts,
    changed_at) SELECT :number, 0, id, 'submitted', 1, :now FROM subscriber"""
AGENT = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
)


def prepare(folder: str) -> None:
    """A database in which one issue was submitted to so many."""
    app = _open(folder)
    upgrade(app.store)
    fill(app, PEOPLE)
    number = add_issue(app)
    now = sqlite_text(datetime.now(UTC))
    with app.store.write() as session:
        session.add(Batch(issue_number=number, position=0, state=BatchState.DONE))
        session.connection().execute(text("DELETE FROM link"))
        for link in range(1, LINKS + 1):
            url = f"{TARGET}{link}"
            session.add(Link(issue_number=number, number=link, kind="comparison", url=url))
        session.flush()
        session.connection().execute(text(SENT), {"now": now, "number": number})
        session.connection().execute(
            text("UPDATE issue SET state = 'sending', audience = :people"), {"people": PEOPLE}
        )
    app.close()


def _open(folder: str) -> App:
    return bootstrap(
        read_settings(
            database_url=f"sqlite:///{folder}/digest.db",
            secret_key=SECRET,
            outbox_dir=f"{folder}/outbox",
        )
    )


async def bare(scope: Scope, receive: Receive, send: Send) -> None:
    del scope, receive
    headers = [(b"location", f"{TARGET}1".encode()), *MOVED]
    await send({"type": "http.response.start", "status": 302, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def serve(pipe: Connection, folder: str) -> None:
    """The real site, or without a folder the bare one; tells its port, and at a word its time."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    site: ASGIApp = create_app(_open(folder)) if folder else bare
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    settle_memory()
    stop = Event()
    server = server_of(site, stop)
    pool = ThreadPoolExecutor(1)
    pool.submit(server.run, [listener])
    pipe.send(listener.getsockname()[1])
    pipe.recv()
    used = cpu()
    pipe.send(used)
    pipe.recv()
    pipe.send(cpu() - used)
    stop.set()
    pool.shutdown()


def requests(folder: str, clicks: int) -> list[bytes]:
    """By so many people, each a few links of the issue."""
    app = _open(folder)
    with app.store.read() as session:
        people = session.exec(query(Subscriber.public_id).order_by(col(Subscriber.id)))
        ids = list(people)
        issue = session.exec(query(Issue.public_id)).one()
    app.close()
    tokens = Tokens([SECRET]).make_many([Purpose.CLICK], ids, issue)[0]
    head = f"Host: digest.example.org\r\nUser-Agent: {AGENT}\r\nAccept: */*\r\n\r\n"
    return [
        f"GET /l/{place % LINKS + 1}/{tokens[place % PEOPLE]} HTTP/1.1\r\n{head}".encode()
        for place in range(clicks)
    ]


def ask(port: int, asked: Sequence[bytes]) -> list[float]:
    """Sends every request, one at a time on each connection; how long each waited, in seconds."""
    lines = {}
    poll = select.epoll()
    for _ in range(CONNECTIONS):
        line = socket.create_connection(("127.0.0.1", port))
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        lines[line.fileno()] = line
        poll.register(line.fileno(), select.EPOLLIN)
    left = iter(asked)
    waits: list[float] = []
    began: dict[int, float] = {}
    for number, line in lines.items():
        began[number] = time.perf_counter()
        line.send(next(left))
    while len(waits) < len(asked):
        for number, _ in poll.poll():
            line = lines[number]
            answer = line.recv(4096)
            now = time.perf_counter()
            if not (answer.startswith(b"HTTP/1.1 302") and answer.endswith(b"\r\n\r\n")):
                sys.exit(f"a click was answered with {answer[:60]!r}")
            waits.append(now - began[number])
            following = next(left, None)
            if following is not None:
                began[number] = now
                line.send(following)
    for line in lines.values():
        line.close()
    return waits


def measure(folder: str, asked: Sequence[bytes]) -> dict[str, float]:
    here, there = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=serve, args=(there, folder), daemon=True)
    process.start()
    port = here.recv()
    ask(port, asked[:2_000])  # what is loaded and compiled once
    here.send("begin")
    here.recv()
    started = time.perf_counter()
    waits = sorted(ask(port, asked))
    seconds = time.perf_counter() - started
    here.send("done")
    used = here.recv()
    process.join(10)
    return {
        "rate": len(asked) / seconds,
        "per_cpu": len(asked) / used,
        "half_ms": waits[len(waits) // 2] * 1000,
        "p99_ms": waits[len(waits) * 99 // 100] * 1000,
    }


def stored(folder: str) -> int:
    app = _open(folder)
    with app.store.read() as session:
        counted = session.connection().execute(
            text("SELECT count(*) FROM event WHERE kind = 'clicked' AND delivery_id IS NOT NULL")
        )
        many = int(counted.scalar_one())
    app.close()
    return many


def main(clicks: int, rounds: int) -> None:
    cores = sorted(os.sched_getaffinity(0))
    found: dict[str, list[dict[str, float]]] = {"": [], "bare_": []}
    with tempfile.TemporaryDirectory() as folder:
        prepare(folder)
        asked = requests(folder, clicks)
        os.sched_setaffinity(0, {cores[-1]})
        for turn in range(1, rounds + 1):
            os.sched_setaffinity(0, set(cores))
            found[""].append(measure(folder, asked))
            found["bare_"].append(measure("", asked))
            many = stored(folder)
            if many != turn * (clicks + 2_000):
                sys.exit(f"{turn * (clicks + 2_000)} clicks were answered, and {many} are stored")
    figures = {
        f"{whose}{name}": round(median(one[name] for one in all_), 1)
        for whose, all_ in found.items()
        for name in all_[0]
    }
    print(json.dumps({"clicks": clicks, "rounds": rounds, **figures}))


if __name__ == "__main__":
    main(*[int(one) for one in sys.argv[1:]] or [50_000, 3])
