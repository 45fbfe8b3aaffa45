"""Bytes both ways at once over a connection that is already open, without ever waiting.

Whoever writes megabytes without reading fills the other side's replies until both wait for each
other. So whoever leads the wire is told what it can't take yet, and reads in between.
"""

import socket
import ssl
from collections import deque

from digest.deliver.providers.smtp.reply import ConnectionLostError

READ_AT_ONCE = 65_536
BUFFERS_AT_ONCE = 64
LONGEST_LINE = 65_536
LONGEST_REPLY = 512
"""Octets of a line and lines of a reply: RFC 5321 section 4.5.3.1.5 allows 512 octets."""
_BLOCKED = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
Replies = list[tuple[int, bytes]]


class Wire:
    """Takes the socket over until `leave`.

    `put_in` counts the octets handed to it, `sent` those that left for good, and `heard` the
    replies that came in whole.
    """

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self._tls = isinstance(sock, ssl.SSLSocket)
        self._out: deque[bytes | memoryview] = deque()
        self._replies = _Replies()
        self._broken: OSError | None = None
        self._timeout = sock.gettimeout()
        self.put_in = 0
        self.sent = 0
        self.heard = 0
        sock.setblocking(False)

    def leave(self) -> None:
        """The socket waits again, as it did before."""
        if self.socket.fileno() >= 0:
            self.socket.settimeout(self._timeout)

    @property
    def nonsense(self) -> str:
        """What came that is no reply; empty where all was one."""
        return self._replies.fault

    @property
    def backlog(self) -> int:
        """Octets that wait to be written."""
        return 0 if self._broken else self.put_in - self.sent

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

    def receive(self) -> Replies:
        """The replies that have come in, as code and text.

        Raises LineLost where the line ends or talks nonsense, but hands over first what came
        before that; `nonsense` then says at once what is wrong. Nothing after it is an answer.
        """
        replies = self._receive_some()
        # What TLS has taken in already is nothing that a selector would tell of.
        while self._tls and replies is not None and not self.nonsense:
            more = self._receive_some(after=replies)
            if more is None:
                break
            replies += more
        self.heard += len(replies or ())
        return replies or []

    def _receive_some(self, after: Replies | None = None) -> Replies | None:
        """None where nothing is there to be read, or what is wrong can wait till after `after`."""
        try:
            data = self.socket.recv(READ_AT_ONCE)
            fault = "" if data else "the server closed the connection"
        except _BLOCKED:
            if not self._broken:
                return None
            fault = self._broken.strerror or "the line broke"
        except OSError as error:
            fault = error.strerror or "the line broke"
        if not fault:
            return self._replies.cut(data)
        if after:
            return None
        raise ConnectionLostError(fault)

    def _write_some(self) -> int:
        if not self._tls:
            buffers = [self._out[place] for place in range(min(len(self._out), BUFFERS_AT_ONCE))]
            return self.socket.sendmsg(buffers)
        if len(self._out) > 1:
            whole = b"".join(self._out)
            self._out.clear()
            self._out.append(whole)
        return self.socket.send(self._out[0])

    def _cut(self, written: int) -> None:
        self.sent += written
        if self.sent == self.put_in:
            self._out.clear()
            return
        while written:
            first = self._out.popleft()
            if written < len(first):
                self._out.appendleft(memoryview(first)[written:])
                return
            written -= len(first)


class _Replies:
    """RFC 5321 section 4.2.1: every line of a reply but its last has a hyphen after the code."""

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[bytes] = []
        self.fault = ""

    def cut(self, data: bytes) -> Replies:
        """The replies that `data` completes, however the line has cut them up.

        Raises LineLost at what is no reply, but hands over first what came before it.
        """
        if self.fault:
            raise ConnectionLostError(self.fault)
        *lines, self._rest = (self._rest + data).split(b"\n")
        replies: Replies = []
        for line in lines:
            if line[:4] == b"250 " and not self._lines:  # as nearly all of them
                replies.append((250, line[4:]))
                continue
            if not line[:3].isdigit() or len(self._lines) > LONGEST_REPLY:
                self.fault = "the server answered something that is not SMTP"
                break
            self._lines.append(line[4:])
            if line[3:4] != b"-":
                replies.append((int(line[:3]), b"\n".join(self._lines)))
                self._lines.clear()
        if len(self._rest) > LONGEST_LINE:
            self.fault = "the server answered a line without end"
        if self.fault and not replies:
            raise ConnectionLostError(self.fault)
        return replies
