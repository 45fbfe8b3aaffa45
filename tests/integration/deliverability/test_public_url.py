"""The public address, asked of a real server: what answers is what was asked, and nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar

import pytest

from digest.deliverability import public_url
from digest.deliverability.public_url import fetch
from tests.parts.answering import answering
from tests.parts.servers.ports import closed_port


class Site(BaseHTTPRequestHandler):
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response({"/health": 200, "/moved": 301}.get(self.path, 503))
        self.send_header("Location", "/health")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Tests print nothing."""


@contextmanager
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_status_is_told_and_no_redirect_is_followed() -> None:
    Site.asked.clear()
    with site() as url:
        assert [fetch(f"{url}/{path}") for path in ("health", "moved", "gone")] == [200, 301, 503]
    assert Site.asked == ["/health", "/moved", "/gone"]


def test_nobody_there_is_an_error_of_the_system() -> None:
    with closed_port() as held, pytest.raises(OSError, match="refused"):
        fetch(f"http://127.0.0.1:{held.getsockname()[1]}/health")


@pytest.mark.parametrize("forever", [b"a", b"a" * 8_192], ids=["drips", "endless"])
def test_a_head_that_never_ends_is_given_up(
    forever: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public_url, "TIMEOUT_SECONDS", 0.3)
    first = b"HTTP/1.1 200 OK\r\nA: "
    pause = 0.01 if len(forever) == 1 else 0
    with answering(first, forever, pause) as url, pytest.raises((OSError, HTTPException)):
        fetch(url)
