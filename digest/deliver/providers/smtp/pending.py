"""Connections on their way: opened in threads, since greeting, TLS and AUTH wait for answers."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue

from digest.deliver.providers.base import ProviderError
from digest.deliver.providers.smtp.connection import Session


class Openings:
    """`awaited` connections are being opened; `bell` becomes readable when one is there."""

    def __init__(self, take: Callable[[], Session]) -> None:
        self.awaited = 0
        self.bell, self._rope = socket.socketpair()
        self.bell.setblocking(False)
        self._take = take
        self._done: SimpleQueue[Session | ProviderError] = SimpleQueue()
        self._closed = False
        self._lock = threading.Lock()

    def begin(self, many: int) -> None:
        for _ in range(many):
            self.awaited += 1
            threading.Thread(target=self._open, daemon=True).start()

    def arrived(self) -> list[Session | ProviderError]:
        """What came of those that were begun, as far as they have come to an end."""
        with suppress(BlockingIOError):
            self.bell.recv(64)
        done = [self._done.get() for _ in range(self._done.qsize())]
        self.awaited -= len(done)
        return done

    def close(self) -> None:
        """Whoever arrives after this is sent away."""
        with self._lock:
            self._closed = True
        for one in self.arrived():
            if isinstance(one, Session):
                one.close()
        self.bell.close()
        self._rope.close()

    def _open(self) -> None:
        try:
            opened: Session | ProviderError = self._take()
        except ProviderError as error:
            opened = error
        except Exception as error:  # noqa: BLE001 - told to the thread that waits for it
            opened = ProviderError(f"can't open a connection: {error!r}")
        with self._lock:
            if not self._closed:
                self._done.put(opened)
                self._rope.send(b"!")
                return
        if isinstance(opened, Session):
            opened.abort()
