"""The connections of a pool, and waiting for their sockets."""

import selectors
import socket
from dataclasses import dataclass
from typing import NamedTuple

from digest.deliver.providers.smtp.client import SmtpClient
from digest.deliver.providers.smtp.connection.base import Connection
from digest.deliver.providers.smtp.transport import SocketTransport

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


@dataclass(slots=True, eq=False)
class Pooled:
    """A connection in the pool.

    `last_progress` is on the pool's clock; `generation` is how many connections in a row had
    ended unanswered when it was opened. `writing`: it waits until its socket takes more.
    """

    client: SmtpClient
    transport: SocketTransport
    connection: Connection
    generation: int
    accepted_before: int
    last_progress: float = 0.0
    writing: bool = False


class Ready(NamedTuple):
    """What can go on: connections with their events, and whether some were opened or closed."""

    connections: list[tuple[Pooled, int]]
    woken: bool


class Sockets:
    """Waits for the sockets of connections, and for `wakeup`."""

    def __init__(self, wakeup: socket.socket) -> None:
        self._selector = selectors.DefaultSelector()
        self._selector.register(wakeup, READ)

    def add(self, one: Pooled) -> None:
        """Wait for this one's replies as well."""
        self._selector.register(one.transport.socket, READ, one)

    def remove(self, one: Pooled) -> None:
        """Wait for this one no more."""
        self._selector.unregister(one.transport.socket)

    def watch_backlog(self, one: Pooled) -> None:
        """Wait for the socket to be writable while octets are left to be written."""
        if (one.transport.backlog > 0) != one.writing:
            one.writing = not one.writing
            events = READ | WRITE if one.writing else READ
            self._selector.modify(one.transport.socket, events, one)

    def wait(self, seconds: float) -> Ready:
        """Wait until a socket is ready, at most so long."""
        found = self._selector.select(seconds)
        connections = [(key.data, events) for key, events in found if key.data is not None]
        return Ready(connections, len(connections) < len(found))

    def close(self) -> None:
        """Wait for nothing more."""
        self._selector.close()
