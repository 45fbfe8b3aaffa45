"""A strict SendGrid on 127.0.0.1: takes what the real one documents, refuses the rest.

It keeps what each recipient would get, substitutions applied to subject and content and to
nothing else, and can be told to answer otherwise, to break off, or to say nothing.
"""

import json
import socket
import threading
from collections import deque
from dataclasses import dataclass, field
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.parts.sendgrid_rules import MOST_BYTES, Violation, find_violations

HELP = "http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html"


class Break(Enum):
    """How the line fails; in all of them but HALF_A_BODY the request is forgotten."""

    BEFORE_READING = auto()
    """Once the head is read; in all others, once all of the request is."""
    SILENCE = auto()
    HANG_UP = auto()
    HALF_A_BODY = auto()
    """Accepted, but the answer's body ends early."""
    GARBAGE = auto()
    """The answer is not HTTP."""


@dataclass(frozen=True, slots=True)
class Reply:
    """`accepts` keeps the request's mail as accepted, whatever the status says."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    accepts: bool = False


@dataclass(frozen=True, slots=True)
class Mail:
    """What one recipient would get."""

    to: str
    sender: str
    sender_name: str
    reply_to: str
    subject: str
    headers: dict[str, str]
    text: str
    html: str
    custom_args: dict[str, str]


@dataclass
class SendGridServer:
    """`script` is used up one request at a time; then, and at None, the rules decide.

    Where there is a `meeting`, no request is answered before it is full.
    """

    key: str = "SG.a-key.of-the-tests"
    scopes: list[str] = field(default_factory=lambda: ["mail.send", "sender_verification_eligible"])
    script: deque[Reply | Break | None] = field(default_factory=deque)
    invalid: set[str] = field(default_factory=set)
    """Addresses that SendGrid takes for no addresses."""
    meeting: threading.Barrier | None = None

    mails: list[Mail] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""

    def __enter__(self) -> Self:
        self.over = threading.Event()
        handler = type("Handler", (_Handler,), {"sendgrid": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def plan(self) -> Reply | Break | None:
        """What becomes of the next request."""
        return self.script.popleft() if self.script else None

    def judge(self, body: Any) -> Reply:
        faults = find_violations(body) or list(self._invalid(body))
        if faults:
            return errors(400, *faults)
        return Reply(202, {"X-Message-Id": f"message-{len(self.requests)}"}, accepts=True)

    def accept(self, body: dict[str, Any]) -> None:
        text, html = (part["value"] for part in body["content"])
        for one in body["personalizations"]:
            tags = one.get("substitutions", {})
            self.mails.append(
                Mail(
                    to=one["to"][0]["email"],
                    sender=body["from"]["email"],
                    sender_name=body["from"].get("name", ""),
                    reply_to=body.get("reply_to", {}).get("email", ""),
                    subject=_substitute(body["subject"], tags),
                    headers=one.get("headers") or body.get("headers", {}),
                    text=_substitute(text, tags),
                    html=_substitute(html, tags),
                    custom_args=one.get("custom_args", {}),
                )
            )

    def _invalid(self, body: dict[str, Any]) -> list[Violation]:
        return [
            ("Does not contain a valid address.", f"personalizations.{place}.to.0.email")
            for place, one in enumerate(body["personalizations"])
            if one["to"][0]["email"] in self.invalid
        ]


def errors(status: int, *faults: Violation, headers: dict[str, str] | None = None) -> Reply:
    listed = [{"message": message, "field": where, "help": HELP} for message, where in faults]
    return Reply(status, headers or {}, json.dumps({"errors": listed}).encode())


def _substitute(text: str, tags: dict[str, str]) -> str:
    # Twice, since no order is documented: a value must not hold another tag.
    for tag, value in [*tags.items(), *tags.items()]:
        text = text.replace(tag, value)
    return text


class _Handler(BaseHTTPRequestHandler):
    sendgrid: SendGridServer

    def do_GET(self) -> None:
        if not self._knows_key():
            return
        if self.path != "/v3/scopes":
            self._answer(errors(404, ("Not found", None)))
            return
        self._answer(self.sendgrid.plan() or Reply(200, body=json.dumps(self._scopes).encode()))

    def do_POST(self) -> None:
        planned = self.sendgrid.plan()
        if planned is Break.BEFORE_READING:
            self._break(planned)
            return
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        if not self._knows_key():
            return
        if self.path != "/v3/mail/send":
            self._answer(errors(404, ("Not found", None)))
        elif self.headers["Content-Type"] != "application/json":
            self._answer(errors(415, ("Unsupported media type", None)))
        elif len(raw) >= MOST_BYTES:
            self._answer(errors(413, ("The JSON payload is too large", None)))
        else:
            self._take(raw, planned)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""

    @property
    def _scopes(self) -> dict[str, list[str]]:
        return {"scopes": self.sendgrid.scopes}

    def _take(self, raw: bytes, planned: Reply | Break | None) -> None:
        try:
            body = json.loads(raw)
        except ValueError:
            self._answer(errors(400, ("Bad Request", None)))
            return
        self.sendgrid.requests.append(body)
        if self.sendgrid.meeting:
            self.sendgrid.meeting.wait(60)
        judged = planned or self.sendgrid.judge(body)
        if judged is Break.HALF_A_BODY or (isinstance(judged, Reply) and judged.accepts):
            self.sendgrid.accept(body)
        if isinstance(judged, Reply):
            self._answer(judged)
        else:
            self._break(judged)

    def _knows_key(self) -> bool:
        known = self.headers["Authorization"] == f"Bearer {self.sendgrid.key}"
        if not known:
            fault = "The provided authorization grant is invalid, expired, or revoked"
            self._answer(errors(401, (fault, None)))
        return known

    def _answer(self, reply: Reply | Break) -> None:
        if isinstance(reply, Break):
            self._break(reply)
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def _break(self, how: Break) -> None:
        self.close_connection = True
        if how is Break.BEFORE_READING:
            self.connection.shutdown(socket.SHUT_RDWR)
        elif how is Break.SILENCE:
            self.sendgrid.over.wait(120)
        elif how is Break.HALF_A_BODY:
            self.wfile.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 100\r\n\r\n{")
        elif how is Break.GARBAGE:
            self.wfile.write(b"\x16\x03\x01 what is this?\r\n\r\n")
