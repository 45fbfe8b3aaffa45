"""A real sender, really killed: kill -9 in the middle of a send into a server that remembers."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select

from digest.deliver.ledger.submitting import reported_state
from digest.deliver.tables import Delivery, DeliveryState
from store.engine import Store, open_store
from subscribers.tables import Subscriber
from tests.parts.servers.processes import BOUND, Trap, environment, start
from tests.parts.servers.smtp_server import SmtpServer
from tests.parts.world import add_approved, add_people

PEOPLE = 600


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as running:
        yield running


def deliveries(store: Store, state: DeliveryState) -> set[str]:
    with store.read() as session:
        rows = session.exec(
            select(Subscriber.email)
            .join(Delivery, Delivery.subscriber_id == Subscriber.id)  # type: ignore[arg-type]
            .where(reported_state() == state)
        )
        return set(rows)


def test_kill_minus_nine_loses_nobody_and_repeats_nobody(
    database_url: str, server: SmtpServer, tmp_path: Path
) -> None:
    store = open_store(database_url)
    people = set(add_people(store, PEOPLE))
    number = add_approved(store)
    settings = environment(database_url, server.port)
    in_flight = 0
    for count in (20, 220, 440):
        trap = Trap(server, count)
        process = start(["issue", "send", str(number)], settings, tmp_path)
        trap.spring(process, signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL
        in_flight += len(deliveries(store, DeliveryState.SUBMITTING))
    process = start(["issue", "send", str(number)], settings, tmp_path)
    out, err = process.communicate(timeout=BOUND)
    assert process.returncode == 0, err
    assert "is finished" in out
    got = server.recipients
    assert len(got) == len(set(got)), "somebody was mailed twice"
    uncertain = deliveries(store, DeliveryState.UNCERTAIN)
    assert people - set(got) <= uncertain, "somebody without mail is not listed as uncertain"
    assert len(uncertain) <= in_flight, "more uncertain than were in flight"
    store.close()


def test_sigterm_finishes_the_claimed_batch_and_leaves_nobody_uncertain(
    sqlite_store: Store, server: SmtpServer, tmp_path: Path
) -> None:
    people = set(add_people(sqlite_store, PEOPLE))
    number = add_approved(sqlite_store)
    settings = environment(f"sqlite:///{sqlite_store.path}", server.port)
    trap = Trap(server, 30)
    process = start(["issue", "send", str(number)], settings, tmp_path)
    trap.spring(process, signal.SIGTERM)
    assert process.returncode == 1
    assert len(server.recipients) < PEOPLE
    assert not deliveries(sqlite_store, DeliveryState.UNCERTAIN)
    process = start(["issue", "send", str(number)], settings, tmp_path)
    assert process.wait(BOUND) == 0
    assert sorted(server.recipients) == sorted(people)
    shown = start(["issue", "status", str(number), "--json"], settings, tmp_path)
    out, _ = shown.communicate(timeout=BOUND)
    assert json.loads(out)["submitted"] == PEOPLE


def test_two_senders_at_once_share_the_work(
    database_url: str, server: SmtpServer, tmp_path: Path
) -> None:
    store = open_store(database_url)
    people = set(add_people(store, PEOPLE))
    number = add_approved(store)
    settings = environment(database_url, server.port)
    first = start(["issue", "send", str(number), "--detach"], settings, tmp_path)
    first.communicate(timeout=BOUND)
    assert first.returncode == 0
    both = [start(["issue", "send", str(number)], settings, tmp_path) for _ in range(2)]
    for process in both:
        process.communicate(timeout=BOUND)
    last = start(["issue", "status", str(number), "--json"], settings, tmp_path)
    out, _ = last.communicate(timeout=BOUND)
    status = json.loads(out)
    assert status["submitted"] == PEOPLE
    assert status["state"] == "finished"
    assert sorted(server.recipients) == sorted(people)
    store.close()
