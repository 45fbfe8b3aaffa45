"""SendGrid's posts, signed, into `digest web` on SQLite; and into a bare application beside it.

    python -m benchmarks.webhook [EVENTS]

The bare one stands on the same server (uvicorn), parses the JSON and stores nothing. A post has
about 1,000 events of a list in its first minutes: processed, delivered, some opens, a few bounces.
Prints its figures as JSON: events a second and per second of processor for both, and how many
milliseconds half of the posts, and 99 of 100, waited for their answer.
"""

import http.client
import json
import multiprocessing
import random
import secrets
import socket
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from threading import Event
from typing import Any

from sqlalchemy import select, text
from sqlmodel import col
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.usage import cpu
from benchmarks.week import SECRET, add_issue, fill
from digest.bootstrap import App, bootstrap
from digest.database import upgrade
from digest.deliver.tables import Batch, BatchState
from digest.issues.tables import Issue
from digest.settings import read_settings
from digest.web.application import create_app
from digest.web.server import server_of, settle_memory
from store.times import sqlite_text
from subscribers.tables import Subscriber
from subscribers.tokens import Purpose, Tokens
from tests.parts.sendgrid_events import Hook, body_of, event

A_POST, CONNECTIONS = 1_000, 4
SENT = """INSERT INTO delivery (issue_number, batch_position, subscriber_id, state, attempts,
    changed_at) SELECT :number, 0, id, 'submitted', 1, :now FROM subscriber"""


def prepare(folder: str, key: str, people: int) -> None:
    """A database in which one issue was submitted to so many."""
    app = _open(folder, key)
    upgrade(app.store)
    fill(app, people)
    number = add_issue(app)
    with app.store.write() as session:
        session.add(Batch(issue_number=number, position=0, state=BatchState.DONE))
        session.flush()
        values = {"now": sqlite_text(datetime.now(UTC)), "number": number}
        session.connection().execute(text(SENT), values)
    app.close()


def _open(folder: str, key: str) -> App:
    return bootstrap(
        read_settings(
            database_url=f"sqlite:///{folder}/digest.db",
            secret_key=SECRET,
            sendgrid_webhook_key=key,
            outbox_dir=f"{folder}/outbox",
        )
    )


async def parse(request: Request) -> Response:
    json.loads(await request.body())
    return Response(status_code=204)


def serve(pipe: Connection, folder: str, key: str) -> None:
    """The real site, or without a key the bare one; tells its port, and at a word its time."""
    route = Route("/webhooks/sendgrid", parse, methods=["POST"])
    site = create_app(_open(folder, key)) if key else Starlette(routes=[route])
    listener = socket.create_server(("127.0.0.1", 0))
    settle_memory()
    stop = Event()
    server = server_of(site, stop)
    pool = ThreadPoolExecutor(1)
    pool.submit(server.run, [listener])
    used = cpu()
    pipe.send(listener.getsockname()[1])
    pipe.recv()
    pipe.send(cpu() - used)
    stop.set()
    pool.shutdown()


def posts(folder: str, hook: Hook, events: int) -> list[tuple[bytes, dict[str, str]]]:
    app = _open(folder, hook.key)
    with app.store.read() as session:
        people = session.scalars(select(col(Subscriber.public_id)).order_by(col(Subscriber.id)))
        ids = [int(one) for one in people][: events // 2]
        issue = int(session.scalars(select(col(Issue.public_id))).one())
    app.close()
    tokens = Tokens([SECRET]).make_many([Purpose.DELIVERY], ids, issue)[0]
    now, chance = datetime.now(UTC), random.Random(7)
    told: list[dict[str, Any]] = []
    for token in tokens:
        told += [event("processed", token, now), _end(token, now, chance)]
    for one in told:
        one["sg_event_id"], one["ip"] = secrets.token_urlsafe(24), "192.0.2.7"
    bodies = [body_of(told[start : start + A_POST]) for start in range(0, len(told), A_POST)]
    return [(body, hook.sign(body, now)) for body in bodies]


def _end(token: str, now: datetime, chance: random.Random) -> dict[str, Any]:
    drawn = chance.random()
    if drawn < 0.005:
        return event("bounce", token, now, type="bounce", status="5.1.1", reason="550 5.1.1 no")
    if drawn < 0.01:
        return event("bounce", token, now, type="blocked", status="4.4.1", reason="451 4.4.1")
    if drawn < 0.02:
        return event("deferred", token, now, response="421 4.7.0 slow down", attempt="1")
    if drawn < 0.10:
        return event("open", token, now, sg_machine_open=drawn < 0.05, useragent="Mozilla/5.0")
    return event("delivered", token, now, response="250 2.0.0 OK 1763970000 a7si123456")


def measure(folder: str, key: str, made: list[tuple[bytes, dict[str, str]]]) -> dict[str, float]:
    here, there = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=serve, args=(there, folder, key), daemon=True)
    process.start()
    port, waits = here.recv(), []
    shares = [made[start::CONNECTIONS] for start in range(CONNECTIONS)]
    began = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for waited in pool.map(_post_all, [port] * CONNECTIONS, shares):
            waits += waited
    seconds = time.perf_counter() - began
    here.send("done")
    used = here.recv()
    process.join(10)
    waits.sort()
    return {
        "seconds": seconds,
        "cpu": used,
        "half": waits[len(waits) // 2] * 1000,
        "p99": waits[len(waits) * 99 // 100] * 1000,
    }


def _post_all(port: int, share: list[tuple[bytes, dict[str, str]]]) -> list[float]:
    line = http.client.HTTPConnection("127.0.0.1", port)
    line.connect()
    line.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    waits = []
    for body, headers in share:
        began = time.perf_counter()
        line.request("POST", "/webhooks/sendgrid", body, headers)
        answer = line.getresponse()
        answer.read()
        waits.append(time.perf_counter() - began)
        if answer.status != 204:
            sys.exit(f"a post was answered with {answer.status}")
    return waits


def main(events: int) -> None:
    hook = Hook()
    with tempfile.TemporaryDirectory() as folder:
        prepare(folder, hook.key, events // 2)
        made = posts(folder, hook, events)
        ours = measure(folder, hook.key, made)
        app = _open(folder, hook.key)
        with app.store.read() as session:
            stored = session.connection().execute(text("SELECT count(*) FROM event")).scalar_one()
        app.close()
        if stored != events:
            sys.exit(f"{events} events were posted, and {stored} are stored")
        bare = measure(folder, "", made)
    print(
        json.dumps(
            {
                "events": events,
                "octets": sum(len(body) for body, _ in made) // events,
                "rate": round(events / ours["seconds"]),
                "per_cpu": round(events / ours["cpu"]),
                "bare_rate": round(events / bare["seconds"]),
                "bare_per_cpu": round(events / bare["cpu"]),
                "half_ms": round(ours["half"], 1),
                "p99_ms": round(ours["p99"], 1),
            }
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
