"""PostgreSQL away for a while: a line when it goes, a line when it is back, and all goes on."""

import http.client
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from digest.issues.lifecycle import find_issue
from store.engine import Store
from tests.integration.test_killed_process import server
from tests.integration.test_stopped_serve import BOUND, listening
from tests.parts.database_proxy import DatabaseProxy
from tests.parts.processes import environment, start
from tests.parts.smtp_server import SmtpServer
from tests.parts.waiting import until
from tests.parts.world import add_approved, add_people

__all__ = ["server"]
PEOPLE = 30


class Watched:
    """A process, with the lines of its log as they come."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.log: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        self.log.extend(iter(self.process.stderr.readline, ""))

    def told(self, words: str) -> int:
        return sum(words in line for line in list(self.log))

    def warnings(self) -> list[str]:
        """All of the log but what is said of the work itself."""
        return [line for line in self.log if not line.startswith("INFO ")]

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(BOUND)
        self._reader.join(BOUND)
        return status


@pytest.fixture
def proxy(postgresql_url: str) -> Iterator[DatabaseProxy]:
    with DatabaseProxy(postgresql_url) as running:
        yield running


@pytest.fixture
def launch(
    proxy: DatabaseProxy, server: SmtpServer, tmp_path: Path
) -> Iterator[Callable[..., Watched]]:
    """Starts `digest` over the proxy; whatever still runs at the end is killed."""
    running: list[subprocess.Popen[str]] = []

    def go(*command: str) -> Watched:
        running.append(start(list(command), environment(proxy.url, server.port), tmp_path))
        return Watched(running[-1])

    yield go
    for process in running:
        process.kill()
        process.wait()


def status(port: int, path: str) -> int:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=BOUND)
    try:
        line.request("GET", path)
        return line.getresponse().status
    finally:
        line.close()


def send(launch: Callable[..., Watched], store: Store, number: int) -> None:
    assert launch("issue", "send", str(number), "--detach").process.wait(BOUND) == 0
    until(lambda: _state(store, number) == "finished", "the issue's end")


def _state(store: Store, number: int) -> str:
    with store.read() as session:
        return find_issue(session, number).state


def test_a_worker_says_in_one_line_that_the_database_went_and_in_one_that_it_is_back(
    postgresql_store: Store,
    proxy: DatabaseProxy,
    server: SmtpServer,
    launch: Callable[..., Watched],
) -> None:
    people = add_people(postgresql_store, PEOPLE)
    worker = launch("worker")
    send(launch, postgresql_store, add_approved(postgresql_store))
    proxy.cut()
    until(lambda: worker.told("the database is away"), "the line that it went")
    proxy.join()
    until(lambda: worker.told("the database is back"), "the line that it is back")
    assert worker.end() == 0
    assert len(worker.warnings()) == 2, worker.log
    assert sorted(server.recipients) == sorted(people)


def test_a_site_that_is_asked_all_the_while_says_no_more_and_works_again(
    postgresql_store: Store,
    proxy: DatabaseProxy,
    server: SmtpServer,
    launch: Callable[..., Watched],
) -> None:
    people = add_people(postgresql_store, PEOPLE)
    site = launch("serve", "--port", "0")
    port = listening(site.process)
    until(lambda: status(port, "/ready") == 200, "the site")
    proxy.cut()
    asked = [status(port, path) for path in ("/issues/", "/ready", "/feed.xml") * 5]
    assert set(asked) == {503}
    assert status(port, "/health") == 200
    proxy.join()
    until(lambda: status(port, "/ready") == 200, "the site again")
    until(lambda: site.told("the database is back"), "the line that it is back")
    send(launch, postgresql_store, add_approved(postgresql_store))
    assert sorted(server.recipients) == sorted(people)
    assert site.end() == 0
    assert [site.told("the database is away"), site.told("the database is back")] == [1, 1], (
        site.log
    )
    assert len(site.warnings()) == 2, site.log
