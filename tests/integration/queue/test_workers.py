"""Real worker processes on one PostgreSQL: they share the work, and outlive each other."""

import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from digest.deliver.ledger.finish import count_deliveries
from digest.deliver.ledger.worker_lock import worker_lock
from digest.issues.lifecycle import find_issue
from store.engine import Store
from tests.parts.servers.pipelining_server import PipeliningServer
from tests.parts.servers.processes import BOUND, environment, start
from tests.parts.waiting import until
from tests.parts.world import add_approved, add_people

PEOPLE = 3_000
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def server() -> Iterator[PipeliningServer]:
    with PipeliningServer() as running:
        yield running


@pytest.fixture
def launch(postgresql_url: str, server: PipeliningServer, tmp_path: Path) -> Iterator[Start]:
    """Starts `digest` with these arguments; whatever still runs is killed at the end."""
    settings = environment(postgresql_url, server.port)
    running: list[subprocess.Popen[str]] = []

    def go(*command: str) -> subprocess.Popen[str]:
        running.append(start(list(command), settings, tmp_path))
        return running[-1]

    yield go
    for process in running:
        process.kill()
        process.communicate()


def send(launch: Start, number: int) -> None:
    process = launch("issue", "send", str(number), "--detach")
    out, err = process.communicate(timeout=BOUND)
    assert process.returncode == 0, err
    assert "the workers send it" in out


def state(store: Store, number: int) -> str:
    with store.read() as session:
        return find_issue(session, number).state


def counts(store: Store, number: int) -> dict[str, int]:
    with store.read() as session:
        return {name: count for name, count in count_deliveries(session, number).items() if count}


def maintenance(store: Store) -> int:
    with store.read() as session:
        found = session.execute(
            text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'digest.send'")
        )
        return int(found.scalar_one())


def test_two_workers_share_an_issue_and_end_when_told(
    postgresql_store: Store, server: PipeliningServer, launch: Start
) -> None:
    people = add_people(postgresql_store, PEOPLE)
    number = add_approved(postgresql_store)
    workers = [launch("worker") for _ in range(2)]
    until(lambda: _at_work(postgresql_store) == 2, "both workers")
    send(launch, number)
    until(lambda: state(postgresql_store, number) == "finished", "the issue's end")
    assert Counter(server.recipients) == Counter(people)
    assert counts(postgresql_store, number) == {"submitted": PEOPLE}
    until(lambda: maintenance(postgresql_store) == 0, "an empty queue")
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
        _, err = worker.communicate(timeout=BOUND)
        assert worker.returncode == 0, err
        assert "Traceback" not in err


def test_when_a_worker_is_killed_the_other_one_goes_on_and_lists_who_is_uncertain(
    postgresql_store: Store, server: PipeliningServer, launch: Start
) -> None:
    people = add_people(postgresql_store, PEOPLE)
    number = add_approved(postgresql_store)
    first = launch("worker")
    until(lambda: _at_work(postgresql_store) == 1, "the first worker")
    send(launch, number)
    until(lambda: len(server.received) > PEOPLE // 4, "a part of the issue")
    first.kill()
    first.wait(BOUND)
    in_flight = counts(postgresql_store, number).get("submitting", 0)
    launch("worker")  # whoever starts notices at once who died
    until(lambda: state(postgresql_store, number) == "finished", "the issue's end")
    assert len(server.recipients) == len(set(server.recipients)), "somebody was mailed twice"
    account = counts(postgresql_store, number)
    assert account.get("uncertain", 0) <= in_flight
    assert account.get("uncertain", 0) + account["submitted"] == PEOPLE
    assert len(set(people) - set(server.recipients)) <= account.get("uncertain", 0)


def test_a_worker_outlives_the_loss_of_its_database_sessions(
    postgresql_store: Store, server: PipeliningServer, launch: Start
) -> None:
    people = add_people(postgresql_store, PEOPLE)
    number = add_approved(postgresql_store)
    worker = launch("worker")
    until(lambda: _at_work(postgresql_store) == 1, "the worker")
    send(launch, number)
    until(lambda: len(server.received) > PEOPLE // 4, "a part of the issue")
    with worker_lock(postgresql_store), postgresql_store.write() as session:
        session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    until(lambda: state(postgresql_store, number) == "finished", "the issue's end")
    assert worker.poll() is None, "the worker ended"
    assert len(server.recipients) == len(set(server.recipients)), "somebody was mailed twice"
    account = counts(postgresql_store, number)
    assert account.get("uncertain", 0) + account["submitted"] == PEOPLE
    assert len(set(people) - set(server.recipients)) <= account.get("uncertain", 0)


def _at_work(store: Store) -> int:
    """Workers that are registered with the queue and listen to it."""
    with store.read() as session:
        found = session.execute(text("SELECT count(*) FROM procrastinate_workers"))
        return int(found.scalar_one())
