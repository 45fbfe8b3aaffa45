"""SIGTERM and SIGINT to the processes that run for long: the batch ends, the exit code is 0."""

import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.deliver.tables import DeliveryState
from store.engine import Store, open_store
from tests.integration.test_killed_process import deliveries, server
from tests.parts.servers.processes import BOUND, Trap, environment, start
from tests.parts.servers.smtp_server import SmtpServer
from tests.parts.waiting import until
from tests.parts.world import add_approved, add_people

__all__ = ["server"]
PEOPLE = 400


def listening(process: subprocess.Popen[str]) -> int:
    """Waits for the line that says on which port the process listens."""
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"listening on http://127\.0\.0\.1:(\d+)", line)
    assert found, (line, process.stderr.read() if process.stderr else "")
    return int(found[1])


@pytest.fixture
def dripping() -> Iterator[list[socket.socket]]:
    """Connections that a test opened; closed at its end."""
    opened: list[socket.socket] = []
    yield opened
    for one in opened:
        one.close()


def drip(port: int, opened: list[socket.socket]) -> None:
    """A client that began a form and never ends it."""
    line = socket.create_connection(("127.0.0.1", port))
    line.sendall(b"POST /subscribe HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nemail=")
    opened.append(line)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_serve_stopped_in_mid_send_with_a_client_that_drips_finishes_the_batch_and_ends_with_0(
    database_url: str,
    server: SmtpServer,
    tmp_path: Path,
    dripping: list[socket.socket],
    how: signal.Signals,
) -> None:
    store = open_store(database_url)
    people = set(add_people(store, PEOPLE))
    number = add_approved(store)
    settings = environment(database_url, server.port)
    assert start(["issue", "send", str(number), "--detach"], settings, tmp_path).wait(BOUND) == 0
    trap = Trap(server, 30)
    process = start(["serve", "--port", "0"], settings, tmp_path)
    port = listening(process)
    drip(port, dripping)
    trap.spring(process, how)
    assert process.returncode == 0, process.stderr.read() if process.stderr else ""
    assert not deliveries(store, DeliveryState.SUBMITTING)
    assert not deliveries(store, DeliveryState.UNCERTAIN)
    assert len(deliveries(store, DeliveryState.SUBMITTED)) == len(server.recipients) < PEOPLE
    last = start(["issue", "send", str(number)], settings, tmp_path)
    assert last.wait(BOUND) == 0
    assert sorted(server.recipients) == sorted(people)
    store.close()


@pytest.mark.parametrize("command", ["serve", "web"])
def test_a_process_without_work_ends_with_0(
    sqlite_store: Store, tmp_path: Path, dripping: list[socket.socket], command: str
) -> None:
    settings = environment(f"sqlite:///{sqlite_store.path}", 9)
    process = start([command, "--port", "0"], settings, tmp_path)
    port = listening(process)
    drip(port, dripping)
    until(lambda: _answers(port), "the site")
    process.send_signal(signal.SIGTERM)
    assert process.wait(BOUND) == 0


def test_the_studio_ends_with_0_while_a_page_follows_a_sending(
    sqlite_store: Store, tmp_path: Path
) -> None:
    add_people(sqlite_store, 3)
    number = add_approved(sqlite_store)
    settings = environment(f"sqlite:///{sqlite_store.path}", 9)
    assert start(["issue", "send", str(number), "--detach"], settings, tmp_path).wait(BOUND) == 0
    process = start(["studio", str(number), "--port", "0"], settings, tmp_path)
    assert process.stdout is not None
    found = re.search(r"127\.0\.0\.1:(\d+)/studio/issues/1 ", process.stdout.readline())
    assert found
    with socket.create_connection(("127.0.0.1", int(found[1]))) as line:
        path = f"/studio/issues/{number}/send/events"
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        heard = b""
        while b"event: progress" not in heard:
            heard += line.recv(1_000)
        process.send_signal(signal.SIGTERM)
        assert process.wait(BOUND) == 0


def _answers(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return b" 200 " in line.recv(100)


def test_a_port_that_is_taken_is_told_before_any_mail_goes_out(
    sqlite_store: Store, server: SmtpServer, tmp_path: Path
) -> None:
    add_people(sqlite_store, 3)
    number = add_approved(sqlite_store)
    settings = environment(f"sqlite:///{sqlite_store.path}", server.port)
    assert start(["issue", "send", str(number), "--detach"], settings, tmp_path).wait(BOUND) == 0
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = start(["serve", "--port", str(port)], settings, tmp_path)
        _, err = process.communicate(timeout=BOUND)
    assert process.returncode == 1
    assert "name another with --port" in err
    assert server.recipients == []
