"""An SMTP server that takes everything and counts it: the far end of a benchmark.

It runs in a process of its own (`running`), in one thread. It offers PIPELINING and, where asked,
CHUNKING, and holds every reply back for a round trip, so that commands in a group overlap as on a
real network. Of a chunk it has the kernel drop what it need not see, so that the sender is measured
and not the sink. With `record` each message adds a line `RECIPIENT MESSAGE-ID` to that file before
its reply leaves.
"""

import heapq
import itertools
import multiprocessing
import re
import resource
import selectors
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.sink_protocol import Protocol

AT_ONCE = 1 << 20
COMMANDS = 4_096
"""Octets that are read where a command is expected."""
IN_TURN = 64
"""Reads of one connection before it is the next one's turn."""
DROPS = sys.platform == "linux"
"""Only there does MSG_TRUNC drop what a stream has received."""
_ID = re.compile(rb"^Message-ID:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Wiring:
    """`round_trip` is in seconds, and so is `each`, for which a connection rests at a message."""

    chunking: bool = True
    round_trip: float = 0.0
    each: float = 0.0
    record: Path | None = None


@dataclass
class Sink:
    """What runs there: its port, and once it has stopped, what it took and what that cost it.

    `seconds` lie between the first and the last message that it took.
    """

    port: int
    accepted: int = 0
    octets: int = 0
    seconds: float = 0.0
    cpu: float = 0.0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}?starttls=never"


@contextmanager
def running(wiring: Wiring) -> Iterator[Sink]:
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(wiring, there))
    process.start()
    sink = Sink(here.recv())
    try:
        yield sink
    finally:
        here.send("stop")
        sink.accepted, sink.octets, sink.seconds, sink.cpu = here.recv()
        process.join(10)


def _serve(wiring: Wiring, pipe: Connection) -> None:
    server = _Server(wiring)
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        pipe.send(listener.getsockname()[1])
        server.run(listener, pipe)
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = server.last - server.first
    pipe.send((server.accepted, server.octets, seconds, used.ru_utime + used.ru_stime))


class _Server:
    """The loop over all connections, what is due later, and the counts."""

    def __init__(self, wiring: Wiring) -> None:
        self.wiring = wiring
        self.accepted = self.octets = 0
        self.first = self.last = 0.0
        self.buffer = bytearray(AT_ONCE)
        self.selector = selectors.DefaultSelector()
        self._later: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._file = wiring.record.open("ab", buffering=0) if wiring.record else None

    def run(self, listener: socket.socket, pipe: Connection) -> None:
        """Serve until a word comes down the pipe."""
        self.selector.register(listener, selectors.EVENT_READ, lambda _: self._accept(listener))
        self.selector.register(pipe, selectors.EVENT_READ)
        while True:
            for key, events in self.selector.select(self._wait()):
                if key.data is None:
                    return
                key.data(events)
            while self._later and self._later[0][0] <= time.monotonic():
                heapq.heappop(self._later)[2]()

    def later(self, seconds: float, what: Callable[[], None]) -> None:
        heapq.heappush(self._later, (time.monotonic() + seconds, next(self._order), what))

    def take(self, recipient: bytes, head: bytes) -> None:
        self.accepted += 1
        self.last = time.monotonic()
        self.first = self.first or self.last
        if self._file:
            found = _ID.search(head)
            self._file.write(b"%b %b\n" % (recipient, found[1] if found else b"-"))

    def _wait(self) -> float | None:
        return max(0.0, self._later[0][0] - time.monotonic()) if self._later else None

    def _accept(self, listener: socket.socket) -> None:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setblocking(False)
        wiring = self.wiring
        protocol = Protocol(
            self.take, wiring.chunking, keeps_heads=bool(wiring.record), rests=bool(wiring.each)
        )
        protocol.replies.append(b"220 sink ESMTP\r\n")
        _Session(connection, self, protocol).answer()


@dataclass(slots=True)
class _Session:
    """One connection; `events` is what it is watched for."""

    connection: socket.socket
    server: _Server
    protocol: Protocol
    events: int = 0
    unsent: bytes = b""
    ended: bool = False

    def ready(self, events: int) -> None:
        try:
            if events & selectors.EVENT_WRITE:
                self._send(b"")
            if events & selectors.EVENT_READ:
                self._read()
        except OSError:
            self.ended = True
        self._settle()

    def answer(self) -> None:
        """Send what is to be said, after the round trip, and rest where that is asked for."""
        protocol, wiring = self.protocol, self.server.wiring
        if protocol.resting:
            self.server.later(wiring.each, self._go_on)
        elif protocol.replies:
            said, protocol.replies = b"".join(protocol.replies), []
            if wiring.round_trip:
                self.server.later(wiring.round_trip, partial(self._say, said, protocol.leaving))
            else:
                self._say(said, protocol.leaving)
        self._settle()

    def _go_on(self) -> None:
        self.protocol.go_on()
        self.answer()

    def _say(self, said: bytes, leaving: bool) -> None:  # noqa: FBT001 - by place, once
        try:
            if not self.ended:
                self._send(said)
        except OSError:
            self.ended = True
        self.ended |= leaving
        self._settle()

    def _read(self) -> None:
        """Take what has come; what came at once is answered at once."""
        protocol = self.protocol
        with suppress(BlockingIOError):
            for _ in range(IN_TURN):
                if protocol.resting or protocol.leaving or self.ended:
                    break
                self._more()
        self.answer()

    def _more(self) -> None:
        """Read once. What need not be seen of a chunk is dropped."""
        server, protocol = self.server, self.protocol
        droppable = protocol.may_drop if DROPS else 0
        if droppable > COMMANDS:
            most = min(droppable, AT_ONCE)
            got = self.connection.recv_into(server.buffer, most, socket.MSG_TRUNC)
            protocol.drop(got)
        else:
            most = AT_ONCE if protocol.in_body else min(AT_ONCE, protocol.skip + COMMANDS)
            got = self.connection.recv_into(server.buffer, most)
            protocol.hear(server.buffer, got)
        server.octets += got
        self.ended = not got

    def _send(self, said: bytes) -> None:
        self.unsent += said
        with suppress(BlockingIOError):
            while self.unsent:
                self.unsent = self.unsent[self.connection.send(self.unsent) :]

    def _settle(self) -> None:
        """Close it once it has ended; else watch for what can be done: a rest reads nothing."""
        if self.ended:
            self._watch(0)
            self.connection.close()
            return
        reads = not (self.protocol.resting or self.protocol.leaving)
        self._watch(selectors.EVENT_READ * reads | selectors.EVENT_WRITE * bool(self.unsent))

    def _watch(self, events: int) -> None:
        if events == self.events:
            return
        selector = self.server.selector
        if not events:
            selector.unregister(self.connection)
        elif self.events:
            selector.modify(self.connection, events, self.ready)
        else:
            selector.register(self.connection, events, self.ready)
        self.events = events
