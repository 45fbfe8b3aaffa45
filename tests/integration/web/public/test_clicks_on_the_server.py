"""Clicks and opens over the real server, which answers them without calling the application."""

import asyncio
import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import Any

import pytest
from sqlmodel import Session
from starlette.testclient import TestClient

from digest.track.hits.writer import HitWriter
from digest.web.application import create_app
from digest.web.middleware.fast_path import FastPathProtocol
from digest.web.middleware.protocol import BoundedProtocol
from digest.web.public.clicks import PIXEL, TrackingMiddleware
from digest.web.server import server_of
from subscribers.tokens import Purpose
from tests.integration.web.rows import (
    ISSUE,
    TARGET,
    add_delivery,
    add_issue,
    add_subscriber,
    events,
)
from tests.integration.web.small_site import BRAND, SmallSite
from tests.parts.links import make_token
from tests.parts.waiting import until

LOCATION = f"location: {TARGET}\r\n".encode()


@pytest.fixture
def paths(site: SmallSite) -> dict[str, str]:
    """A link and the pixel as one reader's mail has them, and what nobody's has."""
    add_issue(site.store)
    anna = add_subscriber(site.store, site.hasher)
    add_delivery(site.store, anna)
    return {
        "link": f"/l/1/{make_token(site, Purpose.CLICK, anna, ISSUE)}",
        "pixel": f"/o/{make_token(site, Purpose.OPEN, anna, ISSUE)}.gif",
        "no link": "/l/1/AAAAAAAAAAAAAAAAAAAAAA",
        "no pixel": "/o/AAAAAAAAAAAAAAAAAAAAAA.gif",
    }


@pytest.fixture
def port(site: SmallSite) -> Iterator[int]:
    with serving(site) as (number, _):
        yield number


@contextmanager
def serving(site: SmallSite) -> Iterator[tuple[int, threading.Event]]:
    stop = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server_of(create_app(site), stop).run, args=([listener],))
    thread.start()
    yield listener.getsockname()[1], stop
    stop.set()
    thread.join()


def exchange(port: int, sent: bytes, ends: bytes, times: int = 1) -> bytes:
    """Sends bytes; returns what comes until `ends` was in it so often, or the connection ended."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        line.sendall(sent)
        found = b""
        while found.count(ends) < times and (data := line.recv(65_536)):
            found += data
        return found


def ask(path: str, *headers: str, method: str = "GET", version: str = "1.1") -> bytes:
    lines = [f"{method} {path} HTTP/{version}", "Host: digest.example.org", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("what", ["link", "pixel", "no link", "no pixel"])
def test_the_server_answers_as_the_application_does(
    site: SmallSite, port: int, paths: dict[str, str], what: str, method: str
) -> None:
    client = TestClient(create_app(site), BRAND.public_url, follow_redirects=False)
    expected = client.request(method, paths[what])
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as line:
        for _ in range(2):  # the connection goes on
            line.request(method, paths[what])
            answer = line.getresponse()
            assert (answer.status, answer.read()) == (expected.status_code, expected.content)
            given, ours = dict(expected.headers), {k.lower(): v for k, v in answer.getheaders()}
            assert ours.pop("date")
            assert ours.keys() == given.keys()
            changing = {"x-request-id"}
            assert {k: ours[k] for k in ours.keys() - changing} == {
                k: given[k] for k in given.keys() - changing
            }
    assert len(events(site.store)) == (0 if what.startswith("no ") else 3)


@pytest.mark.parametrize("what", ["link", "pixel"])
def test_the_application_is_not_called(
    site: SmallSite, paths: dict[str, str], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    async def never(_app: Any, _scope: Any, _receive: Any, _send: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(TrackingMiddleware, "__call__", never)
    with serving(site) as (port, _):
        answer = exchange(port, ask(paths[what]), b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 302 Found\r\n" if what == "link" else b"HTTP/1.1 200 OK")
    assert len(events(site.store)) == 1


@pytest.mark.parametrize(("version", "headers"), [("1.0", []), ("1.1", ["Connection: close"])])
def test_a_connection_that_is_to_end_ends(
    port: int, paths: dict[str, str], version: str, headers: list[str]
) -> None:
    answer = exchange(port, ask(paths["link"], *headers, version=version), b"never")
    assert LOCATION in answer
    assert b"connection: close\r\n" in answer


def test_pipelined_requests_are_answered_in_their_order(
    site: SmallSite, port: int, paths: dict[str, str]
) -> None:
    order = ["link", "no link", "pixel", "link", "no pixel", "link"]
    answer = exchange(port, b"".join(ask(paths[one]) for one in order), b"HTTP/1.1 ", len(order))
    statuses = [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"302", b"404", b"200", b"302", b"200", b"302"]
    assert len(events(site.store)) == 4


def test_answers_to_a_client_that_reads_none_do_not_pile_up(
    site: SmallSite, port: int, paths: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[FastPathProtocol] = []

    def connection_made(self: FastPathProtocol, transport: asyncio.Transport) -> None:
        BoundedProtocol.connection_made(self, transport)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
        transport.set_write_buffer_limits(high=4_096)
        made.append(self)

    def answered() -> int:
        return made[0].server_state.total_requests if made else 0

    monkeypatch.setattr(FastPathProtocol, "connection_made", connection_made)
    with closing(socket.socket()) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        line.connect(("127.0.0.1", port))
        clicks = 0
        while not made or not made[0].flow.write_paused:
            line.sendall(ask(paths["link"]))
            clicks += 1
            until(partial(lambda count: answered() == count, clicks), "the answer")
        unread = made[0].transport.get_write_buffer_size()
        line.sendall(ask(paths["link"]))
        until(lambda: len(events(site.store)) == clicks + 1, "the click")
        # Another's click is stored later, so its answer comes later than this one's would.
        assert LOCATION in exchange(port, ask(paths["link"], "Connection: close"), b"never")
        assert made[0].transport.get_write_buffer_size() == unread
        assert answered() == clicks + 1


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(["?utm_source=mail"], id="query"),
        pytest.param(["", "Content-Length: 5"], id="length"),
        pytest.param(["", "Transfer-Encoding: chunked"], id="chunked"),
        pytest.param(["", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c"], id="upgrade"),
    ],
)
def test_a_click_that_comes_otherwise_is_a_click(
    site: SmallSite, port: int, paths: dict[str, str], sent: list[str]
) -> None:
    tail, *headers = sent
    body = {"Content-Length: 5": b"hello", "Transfer-Encoding: chunked": b"0\r\n\r\n"}
    data = ask(paths["link"] + tail, *headers) + body.get("".join(headers), b"")
    answer = exchange(port, data + ask(paths["pixel"]), b"GIF89a")
    assert LOCATION in answer
    assert answer.endswith(PIXEL)
    assert sorted(event.kind for event in events(site.store)) == ["clicked", "opened"]


def test_what_could_not_be_stored_is_asked_again(
    site: SmallSite, port: int, paths: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(HitWriter, "write", lambda *_: 1 / 0)
        answer = exchange(port, ask(paths["link"]), b"</html>")
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"refresh: 3\r\n" in answer
        assert TARGET.replace("&", "&amp;").encode() in answer
        assert exchange(port, ask(paths["pixel"]), PIXEL).startswith(b"HTTP/1.1 200 ")
    assert events(site.store) == []
    assert LOCATION in exchange(port, ask(paths["link"]), b"\r\n\r\n")


@pytest.mark.parametrize(
    ("forwarded", "network"),
    [
        (["64.235.150.7"], "barracuda"),
        (["64.235.150.7, 127.0.0.1"], "barracuda"),
        (["192.0.2.1", "64.235.150.7"], "barracuda"),
        (["64.235.150.7, 192.0.2.1"], None),
        ([""], None),
    ],
)
def test_a_gateway_behind_a_trusted_proxy_is_known(
    site: SmallSite, port: int, paths: dict[str, str], forwarded: list[str], network: str | None
) -> None:
    exchange(
        port, ask(paths["link"], *[f"X-Forwarded-For: {one}" for one in forwarded]), b"\r\n\r\n"
    )
    (event,) = events(site.store)
    assert event.detail.get("network") == network


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[threading.Event, threading.Event]]:
    """Set as a group is about to be written, and what it waits for then."""
    begun, released = threading.Event(), threading.Event()
    write = HitWriter.write

    def held_write(self: HitWriter, session: Session, hits: Any) -> Any:
        begun.set()
        assert released.wait(60)
        return write(self, session, hits)

    monkeypatch.setattr(HitWriter, "write", held_write)
    yield begun, released
    released.set()


def test_who_is_gone_before_the_answer_is_counted_and_holds_up_nobody(
    site: SmallSite,
    port: int,
    paths: dict[str, str],
    held: tuple[threading.Event, threading.Event],
) -> None:
    begun, released = held
    with socket.create_connection(("127.0.0.1", port), timeout=60) as gone:
        gone.sendall(ask(paths["link"]))
        assert begun.wait(60)
    released.set()
    assert LOCATION in exchange(port, ask(paths["link"]), b"\r\n\r\n")
    until(lambda: len(events(site.store)) == 2, "both clicks")


def test_a_server_that_is_told_to_stop_answers_who_waits(
    site: SmallSite, paths: dict[str, str], held: tuple[threading.Event, threading.Event]
) -> None:
    begun, released = held
    with (
        serving(site) as (port, stop),
        socket.create_connection(("127.0.0.1", port), timeout=60) as line,
    ):
        line.sendall(ask(paths["link"]))
        assert begun.wait(60)
        stop.set()
        until(lambda: _is_refused(port), "the end of listening")
        released.set()
        answer = b""
        while data := line.recv(65_536):
            answer += data
    assert LOCATION in answer
    assert b"connection: close\r\n" in answer


def _is_refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=60).close()
    except OSError:
        return True
    return False
