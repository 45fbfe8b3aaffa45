"""Asks small questions over HTTP with an end: urllib's own timeout is for each octet.

A server that sends one octet at a time would hold the caller for ever.
"""

import http.client
from functools import partial
from typing import Any
from urllib.request import (
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    build_opener,
)

from store.deadline import Deadline, reading


class _Answer(http.client.HTTPResponse):
    """An answer that has to be there by the deadline."""

    def __init__(self, sock: Any, *args: Any, deadline: Deadline, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        # The connection lets go of the socket before the answer is read: this keeps it open.
        self._held = self.fp
        self.fp = reading(sock, deadline)

    def close(self) -> None:
        super().close()
        self._held.close()


class _NoRedirect(HTTPRedirectHandler):
    """A redirect is an answer like any other that is no 2xx: what is told goes nowhere else."""

    def redirect_request(self, *_: Any) -> None:
        return None


def opener(seconds: float) -> OpenerDirector:
    """Return what opens one address, without redirects, within `seconds` from now.

    Beyond that it raises TimeoutError, which is an OSError as urllib's own errors are.
    """
    deadline = Deadline(seconds, seconds)
    answer = partial(_Answer, deadline=deadline)

    def connect(kind: type[http.client.HTTPConnection], host: str, **options: Any) -> Any:
        connection = kind(host, **options)
        connection.response_class = answer  # type: ignore[assignment]
        return connection

    class Plain(HTTPHandler):
        def http_open(self, req: Any) -> Any:
            return self.do_open(partial(connect, http.client.HTTPConnection), req)

    class Secure(HTTPSHandler):
        def https_open(self, req: Any) -> Any:
            return self.do_open(partial(connect, http.client.HTTPSConnection), req)

    return build_opener(_NoRedirect, Plain, Secure)
