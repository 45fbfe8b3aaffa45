"""Restricts the studio to requests from this machine."""

import re

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOCAL_HOST = re.compile(rb"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)
NOT_LOCAL = "The studio answers on this machine only: open it at http://127.0.0.1\n"


class LocalOnlyMiddleware:
    """403 unless the Host header names this machine.

    A server on 127.0.0.1 is not enough: a page from anywhere can let its own name point there
    (DNS rebinding), and then reads the answers as its own. It can't change the Host header.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or is_local(scope["headers"]):
            await self._app(scope, receive, send)
        else:
            await PlainTextResponse(NOT_LOCAL, 403)(scope, receive, send)


def is_local(headers: list[tuple[bytes, bytes]]) -> bool:
    """Returns whether there is exactly one Host header, and it names this machine."""
    hosts = [value for name, value in headers if name == b"host"]
    return len(hosts) == 1 and LOCAL_HOST.fullmatch(hosts[0]) is not None
