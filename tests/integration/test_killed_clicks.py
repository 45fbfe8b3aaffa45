"""kill -9 in the middle of a storm of clicks: every click that was answered is in the store."""

import re
import select
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func
from sqlmodel import select as query
from sqlmodel import update

from digest.events.tables import Event
from digest.issues.tables import Issue
from store.engine import Store
from subscribers.addresses import AddressHasher
from subscribers.tokens import Purpose, Tokens
from tests.integration.web.rows import ISSUE, add_delivery, add_issue, add_subscriber
from tests.parts.links import token_in
from tests.parts.servers.processes import BOUND, environment, start
from tests.parts.world import SECRET

LINES, ENOUGH = 40, 400


@pytest.fixture
def token(store: Store) -> str:
    add_issue(store)
    person = add_subscriber(store, AddressHasher(SECRET))
    add_delivery(store, person)
    with store.write() as session:
        session.execute(update(Issue).values(audience=1))
    return token_in(store, Tokens([SECRET]), Purpose.CLICK, person, ISSUE)


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    process = start(["web", "--port", "0"], environment(database_url, 25), tmp_path)
    assert process.stdout is not None
    said = process.stdout.readline()
    found = re.search(r":(\d+)$", said.strip())
    assert found, said
    yield process, int(found[1])
    process.kill()
    process.communicate()


class Storm:
    """Many connections, each with one click in flight, until the server is gone."""

    def __init__(self, port: int, token: str) -> None:
        self._request = f"GET /l/1/{token} HTTP/1.1\r\nHost: d.example\r\n\r\n".encode()
        self._lines = [socket.create_connection(("127.0.0.1", port)) for _ in range(LINES)]
        self.asked = self.answered = 0
        for line in self._lines:
            self._ask(line)

    def run(self, until: int | None = None) -> None:
        """Until so many were answered, or without a number until nothing more comes."""
        while self._lines and (until is None or self.answered < until):
            for line in select.select(self._lines, [], [])[0]:
                if self._answer(line):
                    self._ask(line)
                else:
                    self._lines.remove(line)

    def _ask(self, line: socket.socket) -> None:
        try:
            line.sendall(self._request)
        except OSError:
            self._lines.remove(line)
        else:
            self.asked += 1

    def _answer(self, line: socket.socket) -> bool:
        try:
            answer = line.recv(8_192)
        except OSError:
            return False
        assert not answer or answer.startswith(b"HTTP/1.1 302"), answer
        self.answered += bool(answer)
        return bool(answer)


def stored(store: Store) -> int:
    with store.read() as session:
        return session.exec(query(func.count()).select_from(Event)).one()


def test_kill_minus_nine_loses_no_click_that_was_answered(
    store: Store, token: str, server: tuple[subprocess.Popen[str], int]
) -> None:
    process, port = server
    storm = Storm(port, token)
    storm.run(ENOUGH)
    process.send_signal(signal.SIGKILL)
    process.wait(BOUND)
    storm.run()
    assert ENOUGH <= storm.answered <= stored(store) <= storm.asked


def test_sigterm_answers_what_is_in_flight(
    store: Store, token: str, server: tuple[subprocess.Popen[str], int]
) -> None:
    process, port = server
    storm = Storm(port, token)
    storm.run(ENOUGH)
    process.send_signal(signal.SIGTERM)
    storm.run()
    process.wait(BOUND)
    assert ENOUGH <= storm.answered <= stored(store) <= storm.asked
