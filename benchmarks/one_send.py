"""One send through one provider into a peer of its own process; prints its figures as JSON."""

import asyncio
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.sink import serve
from digest.bootstrap import App, bootstrap
from digest.catalog.intake.sources import read_sources
from digest.catalog.keep import keep_page
from digest.catalog.pages import ComparisonPage
from digest.database import upgrade
from digest.deliver.presence import presence
from digest.render import issue as render
from digest.samples import comparisons
from digest.settings import read_settings
from subscribers.tables import Subscriber
from tests.parts.sendgrid_server import SendGridServer

KEY = "SG.bench.bench"


class Counting(SendGridServer):
    """Checks every request by the rules and keeps none of them."""

    def accept(self, body: dict[str, Any]) -> None:
        del body
        self.requests.clear()


def serve_smtp(pipe: Connection) -> None:
    async def run() -> None:
        ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(serve(ready))
        pipe.send(f"smtp://127.0.0.1:{await ready}?starttls=never")
        await asyncio.to_thread(pipe.recv)
        serving.cancel()

    asyncio.run(run())


def serve_sendgrid(pipe: Connection) -> None:
    with Counting(key=KEY) as server:
        pipe.send(server.url)
        pipe.recv()


PEERS = {"smtp": ("smtp_url", serve_smtp), "sendgrid": ("sendgrid_host", serve_sendgrid)}


def main(provider: str, people: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        peer = None
        changes: dict[str, object] = {}
        if provider in PEERS:
            name, target = PEERS[provider]
            here, there = multiprocessing.Pipe()
            peer = multiprocessing.get_context("spawn").Process(target=target, args=(there,))
            peer.start()
            changes[name] = here.recv()
        try:
            print(json.dumps(_run(Path(folder), provider, people, changes)))
        finally:
            if peer is not None:
                here.send("stop")
                peer.join(10)


def _fill(app: App, people: int) -> None:
    """The sample week, and so many readers."""
    now = datetime.now(UTC)
    with app.store.write() as session:
        for page in read_sources([str(comparisons())], None):
            assert isinstance(page, ComparisonPage), page
            keep_page(session, page, now)
        for start in range(0, people, 1000):
            emails = [f"reader{n}@example.org" for n in range(start, min(start + 1000, people))]
            session.add_all(
                Subscriber(
                    email=email,
                    email_key=email,
                    address_hash=app.hasher.hash(email),
                    status="active",
                    created_at=now,
                    changed_at=now,
                )
                for email in emails
            )
            session.flush()
            session.expunge_all()


def _run(folder: Path, provider: str, people: int, changes: dict[str, object]) -> dict[str, float]:
    settings = read_settings(
        database_url=f"sqlite:///{folder}/digest.db",
        outbox_dir=folder / "outbox",
        provider=provider,
        secret_key="a secret of the benchmark that is long enough",
        sendgrid_api_key=KEY,
        postal_address="1 Road, Town",
        **changes,
    )
    app = bootstrap(settings)
    upgrade(app.store)
    renders = 0
    rendering = render.to_html

    def counting(*args: object, **kwargs: object) -> str:
        nonlocal renders
        renders += 1
        return rendering(*args, **kwargs)  # type: ignore[arg-type]

    render.to_html = counting  # type: ignore[assignment]
    _fill(app, people)
    number = app.desk.draft()
    app.desk.approve(number, "bench")
    before, cpu = time.perf_counter(), time.process_time()
    app.desk.start(number)
    with presence(app.store) as worker:
        progress = app.sending.run(number, worker)
    seconds, cpu = time.perf_counter() - before, time.process_time() - cpu
    if not progress.finished or progress.counts["submitted"] != people:
        sys.exit(f"the books don't add up: {progress}")
    app.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"people": people, "seconds": seconds, "cpu": cpu, "mb": peak, "renders": renders}


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
