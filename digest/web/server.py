"""The server that pages stand on: uvicorn, over uvloop and httptools where they are installed."""

import gc
import socket

import uvicorn
from starlette.types import ASGIApp

YOUNG = 20_000
"""Objects made before the collector looks: what a few hundred requests in flight hold alive."""


def server_of(app: ASGIApp) -> uvicorn.Server:
    """`run(sockets=[...])` serves until it is told to stop; requests in hand are answered first.

    There is no access log, since its lines would hold readers' tokens.
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
    """What was loaded so far stays: the collector must not walk through it at every few clicks."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 100)
