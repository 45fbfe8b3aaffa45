"""Bytes both ways at once over a connection that is already open.

Whoever writes megabytes without reading fills the other side's replies until both wait for each
other. So every step writes what goes out and reads what came in, and neither blocks the other.
"""

import selectors
import socket
import ssl
from collections import deque
from typing import Self

from digest.deliver.smtp_reply import LineLost

READ_AT_ONCE = 65_536
BUFFERS_AT_ONCE = 64
LONGEST_LINE = 65_536
LONGEST_REPLY = 512
"""Octets of a line and lines of a reply: RFC 5321 section 4.5.3.1.5 allows 512 octets."""
_BLOCKED = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
# One descriptor, so nothing that would need closing; poll has no limit to its number.
_Selector: type[selectors.BaseSelector] = getattr(
    selectors, "PollSelector", selectors.SelectSelector
)


class Wire:
    """Takes the socket over while it is entered. `sent` counts octets that left for good."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._tls = isinstance(sock, ssl.SSLSocket)
        self._out: deque[bytes | memoryview] = deque()
        self._replies = _Replies()
        self._broken: OSError | None = None
        self.put_in = 0
        self.sent = 0

    def __enter__(self) -> Self:
        self._timeout = self._sock.gettimeout()
        self._sock.setblocking(False)
        return self

    def __exit__(self, *_: object) -> None:
        if self._sock.fileno() >= 0:
            self._sock.settimeout(self._timeout)

    @property
    def backlog(self) -> int:
        """Octets that wait to be written."""
        return self.put_in - self.sent

    def put(self, part: bytes) -> None:
        self._out.append(part)
        self.put_in += len(part)

    def write(self) -> bool:
        """Writes what the line takes now; true where it took all."""
        try:
            while self._out and not self._broken:
                self._cut(self._write_some())
        except _BLOCKED:
            return False
        except OSError as error:
            # What the server said before it went is still to be read.
            self._broken = error
        return not self._broken

    def read(self, patience: float) -> list[tuple[int, bytes]]:
        """At least one reply, as code and text; writes on while it waits.

        Raises LineLost where the line ends, or nothing moves either way for `patience` seconds.
        """
        while True:
            self.write()
            replies = self._read_some()
            if replies:
                return replies
            if replies is None:
                self._wait(patience)

    def _write_some(self) -> int:
        if not self._tls:
            buffers = [self._out[place] for place in range(min(len(self._out), BUFFERS_AT_ONCE))]
            return self._sock.sendmsg(buffers)
        if len(self._out) > 1:
            whole = b"".join(self._out)
            self._out.clear()
            self._out.append(whole)
        return self._sock.send(self._out[0])

    def _cut(self, written: int) -> None:
        self.sent += written
        while written:
            first = self._out.popleft()
            if written < len(first):
                self._out.appendleft(memoryview(first)[written:])
                return
            written -= len(first)

    def _read_some(self) -> list[tuple[int, bytes]] | None:
        """None where nothing is there to be read; an empty list is half a reply."""
        try:
            data = self._sock.recv(READ_AT_ONCE)
        except _BLOCKED:
            if self._broken:
                raise LineLost(self._broken.strerror or "the line broke") from self._broken
            return None
        except OSError as error:
            raise LineLost(error.strerror or "the line broke") from error
        if not data:
            raise LineLost("the server closed the connection")
        return self._replies.cut(data)

    def _wait(self, patience: float) -> None:
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._out else 0)
        with _Selector() as selector:
            selector.register(self._sock, events)
            if not selector.select(patience):
                raise LineLost("no answer in time", stalled=True)


class _Replies:
    """RFC 5321 section 4.2.1: every line of a reply but its last has a hyphen after the code."""

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[bytes] = []
        self._fault = ""

    def cut(self, data: bytes) -> list[tuple[int, bytes]]:
        """The replies that `data` completes, however the line has cut them up.

        Raises LineLost at what is no reply, but hands over first what came before it.
        """
        *lines, self._rest = (self._rest + data).split(b"\n")
        replies: list[tuple[int, bytes]] = []
        for line in lines:
            if not line[:3].isdigit() or len(self._lines) > LONGEST_REPLY:
                self._fault = "the server answered something that is not SMTP"
                break
            self._lines.append(line[4:])
            if line[3:4] != b"-":
                replies.append((int(line[:3]), b"\n".join(self._lines)))
                self._lines.clear()
        if len(self._rest) > LONGEST_LINE:
            self._fault = "the server answered a line without end"
        if self._fault and not replies:
            raise LineLost(self._fault)
        return replies
