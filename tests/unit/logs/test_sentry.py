"""Faults go to a service that speaks Sentry's protocol, without a person in them."""

import gzip
import json
import logging
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import sentry_sdk

from digest.logs.sentry import SentryError, report_faults

AT = "@"
TOKEN = "AAAAbbbb" + "CCCCddddEEEE12"  # not whole in the source, which a fault quotes


@pytest.fixture
def service() -> Iterator[tuple[str, list[bytes]]]:
    """A service on this machine: its DSN, and the envelopes that it got."""
    got: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            got.append(gzip.decompress(body) if self.headers["content-encoding"] else body)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://key@127.0.0.1:{server.server_port}/1", got
    sentry_sdk.init()  # off again
    server.shutdown()
    server.server_close()


def test_a_fault_is_reported_and_nobody_is_named(service: tuple[str, list[bytes]]) -> None:
    dsn, got = service
    report_faults(dsn, "1.2.3")
    secret = f"ana{AT}example.org"
    try:
        _fail(f"550 {secret} {TOKEN}")
    except ValueError:
        logging.getLogger("digest.worker").exception("issue 3 waits: %s", secret)
    sentry_sdk.flush(timeout=20)
    (envelope,) = got
    event = json.loads(envelope.splitlines()[-1])
    assert event["release"] == "1.2.3"
    assert event["exception"]["values"][0]["value"] == "550 ***@example.org ***"
    assert secret.encode() not in envelope
    assert TOKEN.encode() not in envelope


def _fail(words: str) -> None:
    raise ValueError(words)


def test_a_warning_is_no_fault(service: tuple[str, list[bytes]]) -> None:
    dsn, got = service
    report_faults(dsn, "1.2.3")
    logging.getLogger("digest.worker").warning("issue 3 waits")
    sentry_sdk.flush(timeout=20)
    assert got == []


def test_what_is_wrong_is_said_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SentryError, match=r"DIGEST_SENTRY_DSN: .*should look like https://key@"):
        report_faults("nonsense", "1")
    monkeypatch.setitem(sys.modules, "sentry_sdk", None)
    with pytest.raises(SentryError, match="pip install"):
        report_faults("https://key@sentry.example.org/1", "1")
