"""Runs uvicorn, with uvloop and httptools where they are installed."""

import gc
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn
from starlette.types import ASGIApp

from digest.settings.proxies import named_proxies

if TYPE_CHECKING:
    import asyncio

    from uvicorn.config import HTTPProtocolType

YOUNG = 20_000
"""Objects allocated before a garbage collection: about what a few hundred requests keep alive."""
GRACE_SECONDS = 5
"""How long open requests may take to end once the server is told to stop, as by a client that
sends a byte now and then."""


class StoppableServer(uvicorn.Server):
    """A server that ends when `stop` is set, and leaves signals to whoever runs it.

    Uvicorn would take SIGTERM for itself and raise it again when it has ended, which kills the
    process before anything after `run` is done.
    """

    def __init__(self, config: uvicorn.Config, stop: threading.Event) -> None:
        super().__init__(config)
        self.stop = stop

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the handlers of signals as they are."""
        yield

    async def on_tick(self, counter: int) -> bool:
        """Return whether to end; asked ten times a second."""
        return await super().on_tick(counter) or self.stop.is_set()


def server_of(app: ASGIApp, stop: threading.Event) -> uvicorn.Server:
    """A server whose `run(sockets=[...])` serves until `stop` is set, and finishes open requests.

    It has no access log, since the paths hold readers' tokens.
    """
    config = uvicorn.Config(
        app,
        log_config=None,  # its lines go where all others go (`digest.logs`)
        log_level="warning",
        lifespan="off",
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=named_proxies() or "127.0.0.1",
        timeout_graceful_shutdown=GRACE_SECONDS,
        http=_protocol(),
        ws="none",
    )
    return StoppableServer(config, stop)


def _protocol() -> "type[asyncio.Protocol] | HTTPProtocolType":
    """The protocol over httptools where that is installed; h11 has bounds of its own."""
    try:
        from digest.web.middleware.fast_path import FastPathProtocol  # noqa: PLC0415 - it may be missing
    except ImportError:
        return "h11"
    return FastPathProtocol


def serve_on(app: ASGIApp, listener: socket.socket, stop: threading.Event) -> None:
    """Serves until `stop` is set, and then at most GRACE_SECONDS more."""
    settle_memory()
    server_of(app, stop).run(sockets=[listener])


def settle_memory() -> None:
    """Exempts what was loaded so far from garbage collection, which clicks would trigger often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 100)
