"""smtplib's client, but for a server that never comes to the end of a reply.

smtplib keeps every line of a reply and waits for each octet anew: a server that sends lines
without end takes all memory, and one that lets them drip holds the caller for ever.
"""

import smtplib
import socket
import time
from typing import Any

from digest.deliver.providers.smtp.transport import LONGEST_REPLY

AT_ONCE = 4_096


class _Answers:
    """What smtplib reads lines from. A reply has `seconds` and LONGEST_REPLY lines at most.

    Raises OSError where it takes more, which smtplib makes a lost connection of.
    """

    def __init__(self, sock: socket.socket, seconds: float) -> None:
        self._sock = sock
        self._seconds = seconds
        self._rest = b""

    def begin(self) -> None:
        self._lines = 0
        self._until = time.monotonic() + self._seconds

    def readline(self, most: int) -> bytes:
        self._lines += 1
        if self._lines > LONGEST_REPLY:
            raise OSError("a reply without end")
        usual = self._sock.gettimeout()
        try:
            while b"\n" not in self._rest and len(self._rest) < most:
                left = self._until - time.monotonic()
                if left <= 0:
                    raise TimeoutError("no answer in time")
                self._sock.settimeout(left)
                data = self._sock.recv(AT_ONCE)
                if not data:
                    break
                self._rest += data
        finally:
            self._sock.settimeout(usual)
        end = min(self._rest.find(b"\n") + 1 or most, most)
        line, self._rest = self._rest[:end], self._rest[end:]
        return line

    def close(self) -> None:
        """The socket is smtplib's to close."""


class Client(smtplib.SMTP):
    """`timeout`, in seconds, is for a whole reply."""

    file: Any

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = _Answers(self.sock, self.timeout)
        if self.file is not None:
            self.file.begin()
        return super().getreply()


class SecureClient(Client, smtplib.SMTP_SSL):
    """The same with TLS from the first octet."""
