"""PostgreSQL away for a while: a line when it goes, a line when it is back, and all goes on."""

import http.client
import logging
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, select

from digest.issues.lifecycle import find_issue
from schedules.registry import add_schedule
from schedules.runner import RunOutcome
from schedules.scheduler import Scheduler
from schedules.tables import Run, RunState, Schedule
from store.engine import Store, open_store
from tests.integration.test_killed_process import server
from tests.integration.test_stopped_serve import listening
from tests.parts.servers.database_proxy import DatabaseProxy
from tests.parts.servers.processes import BOUND, environment, start
from tests.parts.servers.smtp_server import SmtpServer
from tests.parts.waiting import until
from tests.parts.world import NOW, add_approved, add_people

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
        return [line for line in self.log if " INFO " not in line]

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


@pytest.mark.parametrize("in_a_turn", [False, True], ids=["between ticks", "in mid-turn"])
def test_ticks_of_the_scheduler_that_fall_into_the_outage_say_no_more_and_the_issue_is_drafted(
    postgresql_store: Store,
    proxy: DatabaseProxy,
    caplog: pytest.LogCaptureFixture,
    *,
    in_a_turn: bool,
) -> None:
    calls: list[datetime] = []

    def act(session: Session, schedule: Schedule, due_at: datetime) -> RunOutcome:
        calls.append(due_at)
        if in_a_turn and len(calls) == 1:
            proxy.cut()
            session.get_one(Schedule, schedule.id, populate_existing=True)
        return RunOutcome(RunState.DRAFTED, "issue 1")

    def told(words: str) -> list[logging.LogRecord]:
        return [one for one in list(caplog.records) if words in one.getMessage()]

    def enter() -> None:
        with postgresql_store.write() as session:
            for name in ("one", "two", "three"):
                add_schedule(session, name, "* * * * *", "UTC", NOW - timedelta(minutes=1))

    if in_a_turn:
        enter()
    store = open_store(proxy.url)
    scheduler = Scheduler(store, act, lambda: NOW, timedelta(milliseconds=20))
    scheduler.start()
    if not in_a_turn:
        proxy.cut()
    until(lambda: bool(told("the database is away")), "the line that it went")
    if not in_a_turn:
        enter()
    proxy.join()
    until(lambda: bool(told("the database is back")), "the line that it is back")
    until(lambda: len(_runs(postgresql_store)) == 3, "the drafts")
    scheduler.stop()
    store.close()
    assert _runs(postgresql_store) == [RunState.DRAFTED] * 3
    ours = [one for one in caplog.records if not one.name.startswith("apscheduler")]
    assert [one.levelname for one in ours if one.levelno > logging.INFO] == ["WARNING"] * 2


def _runs(store: Store) -> list[str]:
    with store.read() as session:
        return list(session.exec(select(Run.state)))
