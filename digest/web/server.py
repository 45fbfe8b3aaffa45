"""Runs uvicorn, with uvloop and httptools where they are installed."""

import gc
import socket

import uvicorn
from starlette.types import ASGIApp

YOUNG = 20_000
"""Objects allocated before a garbage collection: about what a few hundred requests keep alive."""


def server_of(app: ASGIApp) -> uvicorn.Server:
    """A server whose `run(sockets=[...])` serves until told to stop, and finishes open requests.

    It has no access log, since the paths hold readers' tokens.
    """
    config = uvicorn.Config(
        app, log_level="warning", lifespan="off", access_log=False, server_header=False
    )
    return uvicorn.Server(config)


def serve_on(app: ASGIApp, listener: socket.socket) -> None:
    """Serves until SIGTERM or SIGINT."""
    settle_memory()
    server_of(app).run(sockets=[listener])


def settle_memory() -> None:
    """Exempts what was loaded so far from garbage collection, which clicks would trigger often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 100)
