"""Connections being opened and closed: in threads, since each of it waits for replies."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue

from digest.deliver.providers.base import ProviderError
from digest.deliver.providers.smtp.client import SmtpClient
from digest.deliver.providers.smtp.threads import Threads

THREAD_NAME = "smtp pending"


class PendingConnections:
    """Open and close connections in the background.

    `opening` are being opened and `closing` wait for the reply to their QUIT, until which the
    server counts them. `wakeup` is a socket that becomes readable when one of them is done.
    """

    def __init__(self, open_client: Callable[[], SmtpClient]) -> None:
        self.opening = self.closing = 0
        self.wakeup, self._signal = socket.socketpair()
        self.wakeup.setblocking(False)
        self._open_client = open_client
        self._opened: SimpleQueue[SmtpClient | ProviderError] = SimpleQueue()
        self._closed: SimpleQueue[SmtpClient] = SimpleQueue()
        self._ended = False
        self._lock = threading.Lock()
        self._threads = Threads(THREAD_NAME)

    @property
    def count(self) -> int:
        """How many connections the server may count that nobody can use."""
        return self.opening + self.closing

    def open(self, count: int) -> None:
        """Begin to open `count` more connections."""
        self.opening += count
        for _ in range(count):
            self._threads.run(self._open)

    def close(self, client: SmtpClient) -> None:
        """Begin to close a connection."""
        self.closing += 1
        self._threads.run(lambda: self._close(client))

    def take_opened(self) -> list[SmtpClient | ProviderError]:
        """Return the connections that were opened meanwhile, and why others could not be."""
        with suppress(BlockingIOError):
            self.wakeup.recv(64)
        self.closing -= len([self._closed.get() for _ in range(self._closed.qsize())])
        opened = [self._opened.get() for _ in range(self._opened.qsize())]
        self.opening -= len(opened)
        return opened

    def end(self) -> None:
        """Close what is open, and what will be once it is."""
        with self._lock:
            self._ended = True
        for one in self.take_opened():
            if isinstance(one, SmtpClient):
                self._threads.run(one.close)
        self._threads.end()
        self.wakeup.close()
        self._signal.close()

    def _open(self) -> None:
        try:
            opened: SmtpClient | ProviderError = self._open_client()
        except ProviderError as error:
            opened = error
        except Exception as error:  # noqa: BLE001 - told to the thread that waits for it
            opened = ProviderError(f"can't open a connection: {error!r}")
        with self._lock:
            if not self._ended:
                self._opened.put(opened)
                self._signal.send(b"!")
                return
        if isinstance(opened, SmtpClient):
            opened.close()

    def _close(self, client: SmtpClient) -> None:
        client.close()
        with self._lock:
            if not self._ended:
                self._closed.put(client)
                self._signal.send(b"!")
