"""Moves bytes between a connection and its socket without ever waiting.

Whoever writes megabytes without reading fills the other side's replies until both wait for each
other. So `flush` says what the socket can't take yet, and the caller reads in between.
"""

import socket
import ssl
from collections import deque
from itertools import islice
from typing import Protocol

from digest.deliver.providers.smtp.limits import (
    MAX_BUFFERS,
    MAX_READ,
    READ_SIZE,
    TLS_RECORD,
)

BROKEN = "the connection broke"
CLOSED = "the server closed the connection"
_BLOCKED = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Transport(Protocol):
    """What a connection needs of a socket; tests stand in for it without one.

    `queued` counts the octets handed to `queue`, `sent` those that left for good. `fault` says
    why nothing more will be read; it is empty while the transport stands.
    """

    queued: int
    sent: int
    fault: str

    @property
    def backlog(self) -> int:
        """Octets that wait to be written."""
        ...

    def queue(self, data: bytes) -> None:
        """Queue `data` to be written by `flush`."""
        ...

    def flush(self) -> bool:
        """Write what can be written now; return True if that was everything."""
        ...

    def read(self) -> bytes:
        """Return what has come in; empty if nothing has, or if there is a `fault`."""
        ...


class SocketTransport:
    """A transport over an open socket, TLS or not, which it makes non-blocking until `detach`."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self.queued = 0
        self.sent = 0
        self.fault = ""
        self._tls = isinstance(sock, ssl.SSLSocket)
        self._out: deque[bytes | memoryview] = deque()
        self._blocked = 0
        self._write_error: OSError | None = None
        self._timeout = sock.gettimeout()
        sock.setblocking(False)

    def detach(self) -> None:
        """Make the socket block again, as it did before."""
        if self.socket.fileno() >= 0:
            self.socket.settimeout(self._timeout)

    @property
    def backlog(self) -> int:
        """Octets that wait to be written."""
        return 0 if self._write_error else self.queued - self.sent

    def queue(self, data: bytes) -> None:
        """Queue `data` to be written by `flush`."""
        self._out.append(data)
        self.queued += len(data)

    def flush(self) -> bool:
        """Write what the socket takes now; return True if that was everything."""
        try:
            while self._out and not self._write_error:
                self._drop(self._write_some())
        except _BLOCKED:
            return False
        except OSError as error:
            # What the server said before it went is still to be read.
            self._write_error = error
        return not self._write_error

    def read(self) -> bytes:
        """Return what has come in; empty if nothing has, or if there is a `fault`."""
        data = self._read_some()
        # A selector doesn't know of what the TLS layer has taken in already.
        more = data if self._tls else b""
        while more and len(data) < MAX_READ:
            more = self._read_some()
            data += more
        return data

    def _read_some(self) -> bytes:
        try:
            data = self.socket.recv(READ_SIZE)
        except _BLOCKED:
            if self._write_error:
                self.fault = self._write_error.strerror or BROKEN
            return b""
        except OSError as error:
            self.fault = error.strerror or BROKEN
            return b""
        if not data:
            self.fault = CLOSED
        return data

    def _write_some(self) -> int:
        if not self._tls:
            return self.socket.sendmsg(islice(self._out, MAX_BUFFERS))
        if len(self._out) > 1 and len(self._out[0]) < TLS_RECORD:
            whole = b"".join(self._out)
            self._out.clear()
            self._out.append(whole)
        # One record at a time, and the same one again if it was blocked: of several some may leave
        # before the socket is full, and OpenSSL would not say which.
        record = memoryview(self._out[0])[: self._blocked or TLS_RECORD]
        self._blocked = len(record)
        written = self.socket.send(record)
        self._blocked = 0
        return written

    def _drop(self, written: int) -> None:
        """Drop the octets that were written from the queue."""
        self.sent += written
        if self.sent == self.queued:
            self._out.clear()
            return
        while written:
            first = self._out.popleft()
            if written < len(first):
                self._out.appendleft(memoryview(first)[written:])
                return
            written -= len(first)
