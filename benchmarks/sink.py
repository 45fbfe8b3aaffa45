"""An SMTP server that takes everything and counts it: the far end of a benchmark.

It runs in a process of its own (`running`). It offers PIPELINING and, where asked, CHUNKING, and
holds every reply back for a round trip, so that commands in a group overlap as on a real wire.
With `record` each message adds a line `RECIPIENT MESSAGE-ID` to that file before its reply leaves.
"""

import multiprocessing
import re
import resource
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

AT_ONCE = 1 << 18
END = b"\r\n.\r\n"
HEAD = 2_048
"""Octets of a message that are kept, to find its Message-ID in."""
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
    """What runs there: its port, and once it has stopped, what it took and what that cost it."""

    port: int
    accepted: int = 0
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
        sink.accepted, sink.cpu = here.recv()
        process.join(10)


def _serve(wiring: Wiring, pipe: Connection) -> None:
    counter = _Counter(wiring.record)
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    threading.Thread(target=_accept, args=(listener, wiring, counter), daemon=True).start()
    pipe.send(listener.getsockname()[1])
    pipe.recv()
    used = resource.getrusage(resource.RUSAGE_SELF)
    pipe.send((counter.accepted, used.ru_utime + used.ru_stime))


def _accept(listener: socket.socket, wiring: Wiring, counter: "_Counter") -> None:
    while True:
        line, _ = listener.accept()
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_Talk(line, wiring, counter).run, daemon=True).start()


class _Counter:
    def __init__(self, record: Path | None) -> None:
        self.accepted = 0
        self._lock = threading.Lock()
        self._file = record.open("ab", buffering=0) if record else None

    def take(self, recipient: bytes, head: bytes) -> None:
        with self._lock:
            self.accepted += 1
            if self._file:
                found = _ID.search(head)
                self._file.write(b"%b %b\n" % (recipient, found[1] if found else b"-"))


@dataclass
class _Talk:
    line: socket.socket
    wiring: Wiring
    counter: _Counter
    rest: bytes = b""
    recipient: bytes = b""
    delayed: deque[tuple[float, bytes]] = field(default_factory=deque)
    bell: threading.Event = field(default_factory=threading.Event)
    open: bool = True

    def run(self) -> None:
        if self.wiring.round_trip:
            threading.Thread(target=self._hold_back, daemon=True).start()
        with suppress(OSError), self.line:
            self._say(b"220 sink ESMTP\r\n")
            while self.open:
                self._hear(self._more())
        self.open = False
        self.bell.set()

    def _more(self) -> bytes:
        data = self.line.recv(AT_ONCE)
        if not data:
            self.open = False
        return data

    def _hear(self, data: bytes) -> None:
        """Everything that came at once is answered at once."""
        self.rest += data
        replies = b""
        while self.open and (end := self.rest.find(b"\r\n")) >= 0:
            command, self.rest = self.rest[:end], self.rest[end + 2 :]
            verb = command[:4].upper()
            if verb == b"DATA":
                self._say(replies + b"354 go on\r\n")
                self._data()
                replies = b"250 2.0.0 taken\r\n"
            elif verb == b"BDAT":
                self._chunk(int(command.split()[1]))
                replies += b"250 2.0.0 taken\r\n"
            else:
                replies += self._answer(verb, command)
        if replies:
            self._say(replies)

    def _answer(self, verb: bytes, command: bytes) -> bytes:
        if verb == b"EHLO":
            chunking = b"250-CHUNKING\r\n" if self.wiring.chunking else b""
            return b"250-sink\r\n250-8BITMIME\r\n" + chunking + b"250 PIPELINING\r\n"
        if verb == b"RCPT":
            self.recipient = command.partition(b"<")[2].partition(b">")[0]
        if verb == b"QUIT":
            self.open = False
            return b"221 bye\r\n"
        return b"250 2.0.0 ok\r\n"

    def _data(self) -> None:
        """To the end of the body; what has been looked through once is not looked at again."""
        seen, head = b"\r\n" + self.rest, b""
        while (end := seen.find(END)) < 0:
            head = head or seen[2:HEAD]
            data = self._more()
            if not data:
                return
            seen = seen[-len(END) + 1 :] + data
        self._take(head or seen[2:HEAD])
        self.rest = seen[end + len(END) :]

    def _chunk(self, size: int) -> None:
        head = self.rest[:HEAD]
        missing = size - len(self.rest)
        self.rest = self.rest[size:]
        while missing > 0:
            data = self._more()
            if not data:
                return
            if len(head) < HEAD:
                head += data[:HEAD]
            self.rest = data[missing:]
            missing -= len(data)
        self._take(head)

    def _take(self, head: bytes) -> None:
        if self.wiring.each:
            time.sleep(self.wiring.each)
        self.counter.take(self.recipient, head)

    def _say(self, replies: bytes) -> None:
        if not self.wiring.round_trip:
            self.line.sendall(replies)
            return
        self.delayed.append((time.monotonic() + self.wiring.round_trip, replies))
        self.bell.set()

    def _hold_back(self) -> None:
        """The delay line: what is due leaves, in order."""
        with suppress(OSError):
            while self.open or self.delayed:
                self.bell.wait()
                self.bell.clear()
                while self.delayed:
                    due, replies = self.delayed[0]
                    if (ahead := due - time.monotonic()) > 0:
                        time.sleep(ahead)
                    self.line.sendall(replies)
                    self.delayed.popleft()
