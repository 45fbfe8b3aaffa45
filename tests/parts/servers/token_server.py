"""A server on 127.0.0.1 that exchanges refresh tokens for access tokens (RFC 6749 section 6)."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

from digest.deliver.access_token import RefreshToken


class TokenServer(HTTPServer):
    """Exchanges the refresh token "r1" once, and "r2", which it hands out, after that.

    Access tokens are "t1", "t2" and so on, in the order that they were asked for.
    """

    asked: list[dict[str, list[str]]]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/token"

    def refresh_token(self, clock: list[float]) -> RefreshToken:
        """What exchanges tokens here; its time is the clock's first element."""
        return RefreshToken(self.address, "an id", "a secret", "r1", "mail", lambda: clock[0])


class _Exchange(BaseHTTPRequestHandler):
    server: TokenServer

    def do_POST(self) -> None:
        fields = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.server.asked.append(fields)
        expected = f"r{len(self.server.asked)}"
        known = fields["refresh_token"] == [expected]
        answer = (
            {"access_token": f"t{len(self.server.asked)}", "expires_in": 100, "refresh_token": "r2"}
            if known
            else {"error": "invalid_grant"}
        )
        self.send_response(200 if known else 400)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_: object) -> None:
        """Nothing to the terminal."""


@contextmanager
def token_server() -> Iterator[TokenServer]:
    server = TokenServer(("127.0.0.1", 0), _Exchange)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()
