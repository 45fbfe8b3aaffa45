"""Reads from sockets with an end: a peer that sends one octet at a time holds nobody for ever.

Python's own timeout is for each octet that is waited for, not for the whole answer.
"""

import io
import socket
import time
from collections.abc import Callable
from typing import Any

TOO_LATE = "no whole answer in time"


class Deadline:
    """The end of an exchange, `seconds` after it was made; a step takes at most `step` of them."""

    def __init__(
        self, seconds: float, step: float, tick: Callable[[], float] = time.monotonic
    ) -> None:
        self._tick = tick
        self._step = step
        self._end = tick() + seconds

    def left(self) -> float:
        """Return the seconds that are left; below zero when the time is up."""
        return self._end - self._tick()

    def within(self) -> float:
        """Return how long one step may take. Raises TimeoutError when the time is up."""
        left = self.left()
        if left <= 0:
            raise TimeoutError(TOO_LATE)
        return min(left, self._step)


class _Incoming(io.RawIOBase):
    """What comes over a socket, until the deadline."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(self._deadline.within())
        return self._sock.recv_into(buffer)


def reading(sock: socket.socket, deadline: Deadline) -> io.BufferedReader:
    """Return a reader of what comes over `sock`; it raises TimeoutError at the deadline."""
    return io.BufferedReader(_Incoming(sock, deadline))
