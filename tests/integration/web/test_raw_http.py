"""Requests as odd clients send them, byte by byte to the real server."""

import asyncio
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from digest.web.middleware import protocol
from digest.web.server import server_of
from tests.parts.waiting import until

RELEASED = threading.Event()
ENDLESS = 64_000_000
"""More than two systems' buffers hold, so that it was refused before."""
LARGE = 12_000_000
"""More than the system keeps of an answer for a client that does not read it."""
BODY = b'{"email":"ana@example.org"}'
OFFER = (
    b"POST /api HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
    b"HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\nContent-Type: application/json\r\n"
)
LENGTH = b"Content-Length: %d\r\n\r\n" % len(BODY)
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with method, path and body."""
    request = Request(scope, receive)
    body = await request.body()
    if request.url.path == "/wait":
        await asyncio.to_thread(RELEASED.wait, 120)
    more = "a" * LARGE if request.url.path == "/large" else ""
    answer = PlainTextResponse(f"{request.method} {request.url.path} {body.decode()}{more}")
    await answer(scope, receive, send)


@pytest.fixture
def port() -> Iterator[int]:
    stop = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    number = listener.getsockname()[1]
    thread = threading.Thread(target=server_of(echo, stop).run, args=([listener],))
    thread.start()
    yield number
    stop.set()
    thread.join()


def exchange(port: int, *parts: bytes) -> bytes:
    """Sends the parts, each in a segment of its own, and returns the answers until the end."""
    with socket.create_connection(("127.0.0.1", port), timeout=120) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for part in parts:
            line.sendall(part)
        line.shutdown(socket.SHUT_WR)
        found = b""
        while data := line.recv(65_536):
            found += data
            if found.count(b"ana@example.org") or b"GET /second " in found:
                return found
    return found


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([OFFER + LENGTH + BODY], id="in one segment"),
        pytest.param([OFFER + LENGTH, BODY], id="body apart"),
        pytest.param([OFFER[:90], OFFER[90:] + LENGTH + BODY[:9], BODY[9:]], id="cut anywhere"),
        pytest.param([bytes([one]) for one in OFFER + LENGTH + BODY], id="byte by byte"),
        pytest.param([OFFER + CHUNKED + b"1b\r\n" + BODY + b"\r\n0\r\n\r\n"], id="chunked"),
        pytest.param([(OFFER + LENGTH).replace(b"h2c", b"TLS/1.0") + BODY], id="another upgrade"),
        pytest.param(
            [(OFFER + LENGTH).replace(b"h2c", b"websocket") + BODY],
            id="a web socket",
        ),
    ],
)
def test_a_post_that_offers_an_upgrade_keeps_its_body(port: int, parts: list[bytes]) -> None:
    answer = exchange(port, *parts)
    assert b"200 OK" in answer
    assert b"POST /api " + BODY in answer


def test_the_connection_goes_on_after_an_offer(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=120) as line:
        line.sendall(OFFER + LENGTH + BODY)
        assert BODY in line.recv(65_536)
        line.sendall(b"GET /second HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"GET /second " in line.recv(65_536)


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"X-Long: " + b"a" * 1_000_000, id="one long header"),
        pytest.param(b"\r\n".join(b"X-%d: a" % place for place in range(100_000)), id="many"),
        pytest.param(b"Cookie: " + b"a=b;" * 250_000, id="a cookie"),
    ],
)
def test_headers_beyond_the_bound_are_refused_and_the_server_goes_on(
    port: int, head: bytes
) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=120) as line:
        try:
            line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\n")
            answer = line.recv(65_536)
        except (ConnectionResetError, BrokenPipeError):
            answer = b"431"  # closed while we were still sending
    assert b"431" in answer
    assert b"GET /second " in exchange(port, b"GET /second HTTP/1.1\r\nHost: x\r\n\r\n")


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\nX: ", id="value"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\n", id="name"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: x\r\n" + CHUNKED + b"0\r\nX: ", id="trailer"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: x\r\n" + CHUNKED + b"1;", id="chunk extension"),
        pytest.param(OFFER + CHUNKED + b"0\r\nX: ", id="trailer after an offer"),
        pytest.param(b"GET /", id="address"),
    ],
)
def test_a_part_of_a_head_that_never_ends_is_refused_before_it_is_kept(
    port: int, head: bytes
) -> None:
    """The parser tells of a header once it has ended: 60 MB of one took 29 s, each byte kept."""
    with socket.create_connection(("127.0.0.1", port), timeout=120) as line:
        sent = 0
        with suppress(ConnectionResetError, BrokenPipeError):
            line.sendall(head)
            while sent < ENDLESS:
                line.sendall(b"a" * 65_536)
                sent += 65_536
        assert sent < ENDLESS
    assert b"GET /second " in exchange(port, b"GET /second HTTP/1.1\r\nHost: x\r\n\r\n")


def test_usual_headers_pass(port: int) -> None:
    head = b"GET /second HTTP/1.1\r\nHost: x\r\nCookie: " + b"a" * 30_000 + b"\r\n\r\n"
    assert b"200 OK" in exchange(port, head)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "RECEIVE_SECONDS", 0.2)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"POST /api HT",
        b"POST /api HTTP/1.1\r\nHost: x\r\nX: ",
        b"POST /api HTTP/1.1\r\nHost: x\r\n" + LENGTH + BODY[:5],
        OFFER + LENGTH + BODY[:5],
        b"GET /second HTTP/1.1\r\nHost: x\r\n\r\n" * 2 + b"GET",
    ],
    ids=["nothing", "half a line", "half a head", "half a body", "half after an offer", "a third"],
)
@pytest.mark.usefixtures("impatient")
def test_a_request_that_never_ends_is_given_up(sent: bytes, port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=120) as line:
        line.sendall(sent)
        while line.recv(65_536):
            pass


@pytest.mark.usefixtures("impatient")
def test_a_client_that_drips_is_given_up_all_the_same(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=0.01) as line:
        line.sendall(b"POST /api HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")

        def is_over() -> bool:
            try:
                line.sendall(b"a")
                return not line.recv(65_536)
            except TimeoutError:
                return False
            except OSError:
                return True

        until(is_over, "the end of the connection")


def test_an_answer_that_takes_its_time_is_waited_for(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Longer than a request may take to come in: until an idle connection was given up."""
    monkeypatch.setattr(protocol, "RECEIVE_SECONDS", 1.0)  # time enough for a request that comes
    RELEASED.clear()
    with socket.create_connection(("127.0.0.1", port), timeout=120) as line:
        line.sendall(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n")
        for _ in range(2):
            with socket.create_connection(("127.0.0.1", port), timeout=120) as idle:
                while idle.recv(65_536):
                    pass
        RELEASED.set()
        assert b"200 OK" in line.recv(65_536)


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n" * 9,
        OFFER.replace(b"/api", b"/large") + LENGTH + BODY,
        b"GET /large HTTP/1.1\r\nHost: x\r\n\r\nPOST /api HTTP/1.1\r\nHost: x\r\nX: ",
    ],
    ids=["one", "the last one", "nine", "after an offer", "and a half"],
)
@pytest.mark.usefixtures("impatient")
def test_a_client_that_reads_no_answer_is_given_up(sent: bytes, port: int) -> None:
    """300 of them took all files that the process may have open, for as long as they liked."""
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.connect(("127.0.0.1", port))
        line.sendall(sent)
        ended = select.poll()
        ended.register(line, select.POLLRDHUP)  # a reset is told of unasked
        until(lambda: bool(ended.poll(0)), "the end of the connection")
