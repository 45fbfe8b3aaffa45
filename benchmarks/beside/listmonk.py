"""Installs and runs a listmonk, and asks it by its documented API."""

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx2

from benchmarks.beside.message import TEMPLATE, Campaign
from benchmarks.beside.postgresql import USER, Server, free_port
from store.errors import UserError

API_USER = "benchmark"
TOKEN = re.compile(r'LISTMONK_ADMIN_API_TOKEN="([^"]+)"')
EACH = 0.1
"""Seconds between two questions."""
ASKING, STARTING, WORKING = 2.0, 60.0, 3_600.0
"""The most seconds of one question at its start, until it answers, and until its work ends."""
RATE = 100_000
"""Messages a second that each of its workers may send: more than any can."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """How it sends: workers and connections, and the recipients that it reads at once."""

    concurrency: int = 16
    batch: int = 10_000


@dataclass(frozen=True, slots=True)
class Listmonk:
    """An installed one: its binary, the database `name` of a server, and the API's token."""

    binary: Path
    server: Server
    name: str
    token: str = ""

    def environment(self, port: int) -> dict[str, str]:
        """Return its configuration, with the port that it listens on."""
        return os.environ | {
            "LISTMONK_app__address": f"127.0.0.1:{port}",
            "LISTMONK_db__host": "127.0.0.1",
            "LISTMONK_db__port": str(self.server.port),
            "LISTMONK_db__user": USER,
            "LISTMONK_db__password": "unused",
            "LISTMONK_db__database": self.name,
            "LISTMONK_db__ssl_mode": "disable",
            "LISTMONK_ADMIN_USER": "administrator",
            "LISTMONK_ADMIN_PASSWORD": "a password of the benchmark",
            "LISTMONK_ADMIN_API_USER": API_USER,
        }

    def command(self, *arguments: str) -> list[str]:
        return [str(self.binary), "--config", "", *arguments]


def install(folder: Path, server: Server, name: str) -> Listmonk:
    """Make its tables in an empty database. Raises UserError if that fails."""
    binary = folder.resolve() / "listmonk"
    if not os.access(binary, os.X_OK):
        raise UserError(f"{folder} holds no program called listmonk: build it there first")
    fresh = Listmonk(binary, server, name)
    done = subprocess.run(
        fresh.command("--install", "--yes"),
        cwd=folder,
        env=fresh.environment(free_port()),
        capture_output=True,
        text=True,
        check=False,
    )
    token = TOKEN.search(done.stderr + done.stdout)
    if done.returncode or not token:
        raise UserError(f"listmonk --install failed:\n{done.stdout}{done.stderr}")
    return replace(fresh, token=token[1])


@contextmanager
def running(listmonk: Listmonk) -> Iterator["Api"]:
    """Run it until the end of the block; what it writes goes to listmonk.log in its folder."""
    headers = {"Authorization": f"token {API_USER}:{listmonk.token}"}
    with httpx2.Client(headers=headers, timeout=WORKING) as client:
        api = _started(listmonk, client)
        try:
            yield api
        finally:
            api.stop()


def _started(listmonk: Listmonk, client: httpx2.Client) -> "Api":
    """Start it on a free port; once more where another program was quicker to take that."""
    folder = listmonk.binary.parent
    for last in (False, False, True):
        port = free_port()
        environment = listmonk.environment(port)
        with (folder / "listmonk.log").open("ab") as log:
            process = subprocess.Popen(
                listmonk.command(), cwd=folder, env=environment, stdout=log, stderr=log
            )
        api = Api(client, f"http://127.0.0.1:{port}/api", process)
        try:
            api.wait_until_it_answers()
        except UserError:
            ended = process.poll() is not None
            api.stop()
            if last or not ended:
                raise
        else:
            return api
    raise AssertionError


@dataclass(frozen=True, slots=True)
class Api:
    """What its documentation names, of one that runs."""

    client: httpx2.Client
    url: str
    process: subprocess.Popen[bytes]

    def wait_until_it_answers(self) -> None:
        until = time.monotonic() + STARTING
        while True:
            try:
                self.client.get(f"{self.url}/health", timeout=ASKING).raise_for_status()
            except httpx2.HTTPError as error:
                if time.monotonic() > until or self.process.poll() is not None:
                    raise UserError(
                        f"listmonk does not answer, see listmonk.log: {error}"
                    ) from error
                time.sleep(EACH)
            else:
                return

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()

    def tune(self, smtp_port: int, tuning: Tuning) -> None:
        """Write the settings; they hold from the next start on."""
        settings: dict[str, Any] = self._ask("GET", "/settings")
        first: dict[str, Any] = next(iter(settings["smtp"]), {})
        smtp = {
            "enabled": True,
            "host": "127.0.0.1",
            "port": smtp_port,
            "hello_hostname": "localhost",
            "auth_protocol": "none",
            "username": "",
            "password": "",
            "email_headers": [],
            "max_conns": tuning.concurrency,
            "max_msg_retries": 2,
            "idle_timeout": "15s",
            "wait_timeout": "5s",
            "tls_type": "none",
            "tls_skip_verify": True,
        }
        changed = {
            "app.concurrency": tuning.concurrency,
            "app.batch_size": tuning.batch,
            "app.message_rate": RATE,
            "app.message_sliding_window": False,
            "app.check_updates": False,
            "privacy.individual_tracking": True,
            "smtp": [{**first, **smtp}],
        }
        self._ask("PUT", "/settings", json={**settings, **changed})

    def add_list(self) -> int:
        wanted = {"name": "Benchmark", "type": "public", "optin": "single", "tags": []}
        return int(self._ask("POST", "/lists", json=wanted)["id"])

    def import_csv(self, path: Path, list_id: int) -> int:
        """Import a file to its end; return the rows that it stored."""
        wanted = {
            "mode": "subscribe",
            "subscription_status": "confirmed",
            "delim": ",",
            "lists": [list_id],
            "overwrite": True,
        }
        with path.open("rb") as file:
            files = {"file": (path.name, file, "text/csv")}
            form = {"params": json.dumps(wanted)}
            self._ask("POST", "/import/subscribers", data=form, files=files)
        found = self._until("/import/subscribers", "finished", failed="failed")
        self._ask("DELETE", "/import/subscribers")
        return int(found["imported"])

    def add_campaign(self, campaign: Campaign, list_id: int) -> int:
        """Create a draft, in a template that adds nothing to it."""
        template = self._ask(
            "POST", "/templates", json={"name": "Bare", "type": "campaign", "body": TEMPLATE}
        )
        # Documented as a list, and given as an object by some releases.
        created = template[-1] if isinstance(template, list) else template
        wanted = {
            "name": "Benchmark",
            "subject": campaign.subject,
            "lists": [list_id],
            "from_email": "Verdicts <digest@digest.example>",
            "type": "regular",
            "content_type": "html",
            "body": campaign.body,
            "altbody": campaign.altbody,
            "messenger": "email",
            "template_id": created["id"],
            "tags": [],
        }
        return int(self._ask("POST", "/campaigns", json=wanted)["id"])

    def send(self, campaign_id: int) -> int:
        """Start a campaign and wait for its end; return how many it says that it sent."""
        self._ask("PUT", f"/campaigns/{campaign_id}/status", json={"status": "running"})
        found = self._until(f"/campaigns/{campaign_id}", "finished", failed="cancelled")
        return int(found["sent"])

    def _until(self, path: str, status: str, *, failed: str) -> Mapping[str, Any]:
        until = time.monotonic() + WORKING
        while time.monotonic() < until:
            found: dict[str, Any] = self._ask("GET", path)
            if found["status"] == status:
                return found
            if found["status"] == failed:
                break
            time.sleep(EACH)
        raise UserError(f"listmonk: {path} did not become {status}; see listmonk.log")

    def _ask(self, method: str, path: str, **given: Any) -> Any:
        answer = self.client.request(method, self.url + path, **given)
        if answer.is_error:
            raise UserError(f"listmonk: {method} {path}: {answer.status_code} {answer.text}")
        return answer.json()["data"]
