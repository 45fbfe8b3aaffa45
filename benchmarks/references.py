"""What ours is held against: python -m benchmarks.references KIND HOST:PORT MESSAGES CONNECTIONS

`smtplib` is the standard library with messages that are ready, over so many connections in
threads. `data` and `bdat` are the raw limit: a loop that joins parts and writes them, the next
message's commands with the body before it (RFC 2920), or a window of 32 chunks (RFC 3030). It
checks nothing and keeps no account. Prints its figures as JSON.
"""

import json
import smtplib
import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import IO

from benchmarks.usage import cpu, peak

SIZE = 35_000
WINDOW = 32
HEAD = b"From: a@digest.example\r\nSubject: Sixty tools in a week\r\nMessage-ID: <"
BODY = b">\r\n\r\n" + (b"Words of no weight, as many as an issue of a usual week has.\r\n" * 563)


def with_smtplib(address: tuple[str, int], messages: int, connections: int) -> None:
    def one(share: int) -> None:
        with smtplib.SMTP(*address) as client:
            for place in range(share):
                message = b"".join((HEAD, b"%d@digest.example" % place, BODY))
                client.sendmail("a@digest.example", f"reader{place}@example.org", message)

    with ThreadPoolExecutor(connections) as threads:
        list(threads.map(one, [messages // connections] * connections))


def with_data(address: tuple[str, int], messages: int, connections: int) -> None:
    del connections
    line, replies = _open(address)
    line.sendall(_envelope(0) + b"DATA\r\n")
    _read(replies, 3)
    for place in range(1, messages):
        line.sendall(
            b"".join((HEAD, b"%d@d.example" % place, BODY, b".\r\n", _envelope(place), b"DATA\r\n"))
        )
        _read(replies, 4)
    line.sendall(b"".join((HEAD, b"0@d.example", BODY, b".\r\n")))
    _read(replies, 1)


def with_bdat(address: tuple[str, int], messages: int, connections: int) -> None:
    del connections
    line, replies = _open(address)
    waiting = 0
    for place in range(messages):
        message = b"".join((HEAD, b"%d@d.example" % place, BODY))
        line.sendall(b"%bBDAT %d LAST\r\n%b" % (_envelope(place), len(message), message))
        waiting += 1
        if waiting == WINDOW:
            _read(replies, 3 * WINDOW // 2)
            waiting -= WINDOW // 2
    _read(replies, 3 * waiting)


KINDS: dict[str, Callable[[tuple[str, int], int, int], None]] = {
    "smtplib": with_smtplib,
    "data": with_data,
    "bdat": with_bdat,
}


def _envelope(place: int) -> bytes:
    return b"MAIL FROM:<a@digest.example>\r\nRCPT TO:<reader%d@example.org>\r\n" % place


def _open(address: tuple[str, int]) -> tuple[socket.socket, IO[bytes]]:
    line = socket.create_connection(address)
    replies = line.makefile("rb")
    replies.readline()
    line.sendall(b"EHLO bench\r\n")
    while replies.readline()[3:4] == b"-":
        pass
    return line, replies


def _read(replies: IO[bytes], many: int) -> None:
    for _ in range(many):
        if replies.readline()[:1] not in {b"2", b"3"}:
            sys.exit("the sink refused something")


def main(kind: str, where: str, messages: int, connections: int) -> None:
    host, _, port = where.rpartition(":")
    seconds, used = time.perf_counter(), cpu()
    KINDS[kind]((host, int(port)), messages, connections)
    seconds, used = time.perf_counter() - seconds, cpu() - used
    print(json.dumps({"people": messages, "seconds": seconds, "cpu": used, "mb": peak()}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
