"""SendGrid's path at full length, the ledger on SQLite; prints its figures as JSON.

    python -m benchmarks.sendgrid_million [PEOPLE]

`cpu` is in seconds, of this process alone and from the freezing of the audience to the end;
the server that stands for SendGrid has a process of its own. It counts every recipient of every
request, and holds one request in fifty against all of the documented rules.
"""

import json
import multiprocessing
import re
import resource
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from benchmarks.week import fill
from digest.bootstrap import App, bootstrap
from digest.catalog.intake.sources import read_sources
from digest.catalog.pages import ComparisonPage
from digest.catalog.upsert import upsert_page
from digest.database import upgrade
from digest.deliver.ledger.worker_lock import worker_lock
from digest.samples import comparisons
from digest.settings import read_settings
from tests.parts.sendgrid_rules import find_violations

KEY = "SG.bench.bench"
LOOK_CLOSELY = 50
READER = re.compile(rb'"email":"reader(\d+)@example\.org"')


class Handler(BaseHTTPRequestHandler):
    """`times` is how often each reader was mailed."""

    times: bytearray
    counts: Counter[str]
    lock: Lock

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        with self.lock:
            self.counts["requests"] += 1
            if self.counts["requests"] % LOOK_CLOSELY == 1 and find_violations(json.loads(raw)):
                self.counts["faulty"] += 1
            for number in READER.findall(raw):
                self.times[int(number) - 1] += 1
        self.send_response(202)
        self.send_header("X-Message-Id", f"message-{self.counts['requests']}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


def serve(pipe: Connection, people: int) -> None:
    """Tells its URL; at a word, tells what it counted."""
    counts: Counter[str] = Counter(requests=0, faulty=0)
    times = bytearray(people)
    own = {"times": times, "counts": counts, "lock": Lock()}
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Own", (Handler,), own))
    Thread(target=server.serve_forever, daemon=True).start()
    pipe.send(f"http://127.0.0.1:{server.server_port}")
    pipe.recv()
    pipe.send({**counts, "mailed": sum(times), "once": times.count(1)})


def main(people: int) -> None:
    here, there = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    server = context.Process(target=serve, args=(there, people), daemon=True)
    server.start()
    with tempfile.TemporaryDirectory() as folder:
        app = _prepare(Path(folder), here.recv(), people)
        number = app.issues.draft()
        app.issues.approve(number, "bench")
        figures = _send(app, number)
        app.close()
    here.send("done")
    counts = here.recv()
    server.join(10)
    if counts["faulty"] or not people == counts["mailed"] == counts["once"]:
        sys.exit(f"not everybody once, and by the rules: {counts}")
    print(json.dumps({"people": people, "requests": counts["requests"], **figures}))


def _prepare(folder: Path, host: str, people: int) -> App:
    """The sample week, and so many readers."""
    settings = read_settings(
        database_url=f"sqlite:///{folder}/digest.db",
        provider="sendgrid",
        secret_key="a secret of the benchmark that is long enough",
        sendgrid_api_key=KEY,
        sendgrid_host=host,
        postal_address="1 Road, Town",
    )
    app = bootstrap(settings)
    upgrade(app.store)
    now = datetime.now(UTC)
    with app.store.write() as session:
        for page in read_sources([str(comparisons())], None):
            assert isinstance(page, ComparisonPage), page
            upsert_page(session, page, now)
    fill(app, people)
    return app


def _send(app: App, number: int) -> dict[str, Any]:
    began, cpu = time.perf_counter(), time.process_time()
    app.issues.start(number)
    with worker_lock(app.store) as worker:
        progress = app.sending.run(number, worker)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    if not progress.finished:
        sys.exit(f"the counts don't add up: {progress}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": round(seconds, 1), "cpu": round(cpu, 1), "mb": round(peak, 1)}


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
