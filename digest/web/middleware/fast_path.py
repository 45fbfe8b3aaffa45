"""Answers requests that wait for a shared transaction without a task for each.

Hundreds of clicks wait at once for the commit of their group (decision 26). A task for each, with
its frames and uvicorn's objects, is several kilobytes that no processor's cache holds for so many;
here a request that waits is one small object, and its answer one write.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple, cast

from starlette.types import Scope
from uvicorn.config import Config
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle
from uvicorn.server import ServerState

from digest.web.middleware.protocol import BoundedProtocol

Header = tuple[bytes, bytes]
Client = tuple[str, int] | None


class FastResponse(NamedTuple):
    """A whole response; `headers` names the length of `body`, which HEAD leaves out."""

    status: int
    headers: tuple[Header, ...]
    body: bytes = b""


Respond = Callable[[FastResponse | None], None]
"""Takes the response of one request; None has the application called for it after all."""


class FastPath(ABC):
    """An application that answers some requests without being called."""

    @abstractmethod
    def accept(self, scope: Scope, client: Client, respond: Respond) -> bool:
        """Returns whether a request without a body is answered here, and not by a call.

        If so, `respond` is called once, later, in the event loop's thread. `scope` is as ASGI has
        it; `client` is who asks, behind trusted proxies too.
        """


@dataclass(slots=True)
class PendingRequest:
    """Stands in the place of uvicorn's RequestResponseCycle while a request waits."""

    scope: Scope
    keep_alive: bool
    response_complete: bool = False
    disconnected: bool = False
    more_body: bool = False
    message_event: ClassVar[asyncio.Event] = asyncio.Event()
    """Uvicorn sets it; nobody waits for it."""


class FastPathProtocol(BoundedProtocol):
    """One connection; asks the application for a fast path first, if it has one."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._fast_path = config.app if isinstance(config.app, FastPath) else None

    def on_headers_complete(self) -> None:
        """Give the request to the fast path, or have the application called."""
        if self._refused or self._fast_path is None or not self._is_accepted(self._fast_path):
            super().on_headers_complete()

    def _is_accepted(self, fast_path: FastPath) -> bool:
        if self.cycle is not None and not self.cycle.response_complete:
            return False  # pipelined: uvicorn answers in order
        if self.flow.write_paused:
            return False  # the client does not read: uvicorn waits with an answer until it does
        parser, scope, names = self.parser, self.scope, {name for name, _ in self.headers}
        if parser.should_upgrade() or not names.isdisjoint(_BODY):
            return False
        version = scope["http_version"] = parser.get_http_version()
        scope["method"] = parser.get_method().decode("ascii")
        scope["path"] = self.url.decode("latin-1")
        pending = PendingRequest(
            cast("Scope", scope), version != "1.0" and parser.should_keep_alive()
        )
        client = self._forwarded_client() if b"x-forwarded-for" in names else self.client
        if not fast_path.accept(pending.scope, client, lambda found: self._respond(pending, found)):
            return False
        scope["raw_path"], scope["query_string"] = self.url, b""
        self._declined = False
        self.cycle = cast("RequestResponseCycle", pending)
        return True

    def _forwarded_client(self) -> Client:
        """Return who asks as ProxyHeadersMiddleware does, which calls the application."""
        proxies = self.app
        if not isinstance(proxies, ProxyHeadersMiddleware) or self.client is None:
            return self.client
        if self.client[0] not in proxies.trusted_hosts:
            return self.client
        values = [value for name, value in self.headers if name == b"x-forwarded-for"]
        chain = b", ".join(values).decode("latin-1")
        found = proxies.trusted_hosts.get_trusted_client_address(chain)
        return found if found[0] else self.client

    def _respond(self, pending: PendingRequest, response: FastResponse | None) -> None:
        if self.transport.is_closing():
            return  # the client is gone
        if response is None:
            self._call_application(pending)
            return
        parts = [STATUS_LINE[response.status], *_lines(self.server_state.default_headers)]
        parts.append(_head(response.headers))
        if not pending.keep_alive:
            parts.append(b"connection: close\r\n")
        parts.append(b"\r\n")
        if pending.scope["method"] != "HEAD":
            parts.append(response.body)
        self.transport.write(b"".join(parts))
        pending.response_complete = True
        if not pending.keep_alive:
            self.transport.close()
        self.on_response_complete()

    def _call_application(self, pending: PendingRequest) -> None:
        """Go on as uvicorn would have from the start."""
        cycle = RequestResponseCycle(
            scope=cast("Any", pending.scope),
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=pending.keep_alive,
            on_response=self.on_response_complete,
        )
        cycle.more_body = False
        cycle.message_event.set()
        if self.cycle is cast("Any", pending):
            self.cycle = cycle  # else one that was pipelined after it
        self._start_asgi_task(cycle, self.app)


_BODY = frozenset({b"content-length", b"transfer-encoding"})


@lru_cache(maxsize=4_096)
def _head(headers: tuple[Header, ...]) -> bytes:
    return b"".join(_lines(headers))


def _lines(headers: Sequence[Header]) -> list[bytes]:
    return [b"%b: %b\r\n" % header for header in headers]
