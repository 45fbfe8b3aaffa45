"""What ours is held against, and what the sink can take.

    python -m benchmarks.references KIND HOST:PORT MESSAGES CONNECTIONS [OCTETS]

`smtplib` is the standard library with messages that are ready, over so many connections in
threads. `data` and `bdat` are the raw limit: a loop that joins parts and writes them, the next
message's commands with the body before it (RFC 2920), or a window of 32 chunks (RFC 3030). It
checks nothing and keeps no account. `data-limit` and `bdat-limit` write the same bytes again and
again, over so many connections in turn: that is the sink's own limit. Prints figures as JSON.
"""

import json
import smtplib
import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO

from benchmarks.usage import cpu, peak

OCTETS = 49_000
WINDOW = 32
HEAD = b"From: a@digest.example\r\nSubject: Sixty tools in a week\r\nMessage-ID: <"
LINE = b"Words of no weight, as many as an issue of a usual week has.\r\n"


@dataclass(frozen=True, slots=True)
class Work:
    address: tuple[str, int]
    messages: int
    connections: int
    octets: int = OCTETS

    @property
    def body(self) -> bytes:
        return b">\r\n\r\n" + LINE * ((self.octets - len(HEAD)) // len(LINE))


def with_smtplib(work: Work) -> None:
    body = work.body

    def one(share: int) -> None:
        with smtplib.SMTP(*work.address) as client:
            for place in range(share):
                message = b"".join((HEAD, b"%d@digest.example" % place, body))
                client.sendmail("a@digest.example", f"reader{place}@example.org", message)

    with ThreadPoolExecutor(work.connections) as threads:
        list(threads.map(one, [work.messages // work.connections] * work.connections))


def with_data(work: Work) -> None:
    connection, replies = _open(work.address)
    body = work.body
    connection.sendall(_envelope(0) + b"DATA\r\n")
    _read(replies, 3)
    for place in range(1, work.messages):
        name = b"%d@d.example" % place
        connection.sendall(b"".join((HEAD, name, body, b".\r\n", _envelope(place), b"DATA\r\n")))
        _read(replies, 4)
    connection.sendall(b"".join((HEAD, b"0@d.example", body, b".\r\n")))
    _read(replies, 1)


def with_bdat(work: Work) -> None:
    connection, replies = _open(work.address)
    body = work.body
    waiting = 0
    for place in range(work.messages):
        message = b"".join((HEAD, b"%d@digest.example" % place, body))
        connection.sendall(b"%bBDAT %d LAST\r\n%b" % (_envelope(place), len(message), message))
        waiting += 1
        if waiting == WINDOW:
            _read(replies, 3 * WINDOW // 2)
            waiting -= WINDOW // 2
    _read(replies, 3 * waiting)


def limit_of_bdat(work: Work) -> None:
    """Write ready chunks, and wait only so that not more than a window is unanswered."""
    connection, replies = _open(work.address)
    message = b"".join((HEAD, b"0@digest.example", work.body))
    chunk = b"%bBDAT %d LAST\r\n%b" % (_envelope(0), len(message), message)
    for place in range(work.messages):
        connection.sendall(chunk)
        if place >= WINDOW:
            _read(replies, 3)
    _read(replies, 3 * min(WINDOW, work.messages))


def limit_of_data(work: Work) -> None:
    """Write ready bodies to each connection in turn, so that the sink always has one to take."""
    connections = [_open(work.address) for _ in range(work.connections)]
    opening = _envelope(0) + b"DATA\r\n"
    group = b"".join((HEAD, b"0@digest.example", work.body, b".\r\n", opening))
    for connection, _ in connections:
        connection.sendall(opening)
    share = work.messages // work.connections
    for place in range(share):
        for connection, replies in connections:
            _read(replies, 3 if place == 0 else 4)
            connection.sendall(group)
    for _, replies in connections:
        _read(replies, 4)


KINDS: dict[str, Callable[[Work], None]] = {
    "smtplib": with_smtplib,
    "data": with_data,
    "bdat": with_bdat,
    "data-limit": limit_of_data,
    "bdat-limit": limit_of_bdat,
}


def _envelope(place: int) -> bytes:
    return b"MAIL FROM:<a@digest.example>\r\nRCPT TO:<reader%d@example.org>\r\n" % place


def _open(address: tuple[str, int]) -> tuple[socket.socket, IO[bytes]]:
    connection = socket.create_connection(address)
    replies = connection.makefile("rb")
    replies.readline()
    connection.sendall(b"EHLO bench\r\n")
    while replies.readline()[3:4] == b"-":
        pass
    return connection, replies


def _read(replies: IO[bytes], many: int) -> None:
    for _ in range(many):
        if replies.readline()[:1] not in {b"2", b"3"}:
            sys.exit("the sink refused something")


def main(kind: str, where: str, messages: int, connections: int, octets: int = OCTETS) -> None:
    host, _, port = where.rpartition(":")
    work = Work((host, int(port)), messages, connections, octets)
    seconds, used = time.perf_counter(), cpu()
    KINDS[kind](work)
    seconds, used = time.perf_counter() - seconds, cpu() - used
    print(json.dumps({"people": messages, "seconds": seconds, "cpu": used, "mb": peak()}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
