"""Connections being opened: in threads, since greeting, TLS and AUTH wait for replies."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue

from digest.deliver.providers.base import ProviderError
from digest.deliver.providers.smtp.client import SmtpClient


class PendingConnections:
    """Open connections in the background.

    `count` are being opened; `wakeup` is a socket that becomes readable when one of them is done.
    """

    def __init__(self, open_client: Callable[[], SmtpClient]) -> None:
        self.count = 0
        self.wakeup, self._signal = socket.socketpair()
        self.wakeup.setblocking(False)
        self._open_client = open_client
        self._done: SimpleQueue[SmtpClient | ProviderError] = SimpleQueue()
        self._closed = False
        self._lock = threading.Lock()

    def start(self, count: int) -> None:
        """Begin to open `count` more connections."""
        for _ in range(count):
            self.count += 1
            threading.Thread(target=self._open, daemon=True).start()

    def take_done(self) -> list[SmtpClient | ProviderError]:
        """Return the connections that were opened meanwhile, and why others could not be."""
        with suppress(BlockingIOError):
            self.wakeup.recv(64)
        done = [self._done.get() for _ in range(self._done.qsize())]
        self.count -= len(done)
        return done

    def close(self) -> None:
        """Close what is open, and what will be once it is."""
        with self._lock:
            self._closed = True
        for one in self.take_done():
            if isinstance(one, SmtpClient):
                one.close()
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
            if not self._closed:
                self._done.put(opened)
                self._signal.send(b"!")
                return
        if isinstance(opened, SmtpClient):
            opened.abort()
