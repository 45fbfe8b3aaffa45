"""smtplib's client, with our reply parser and a time limit for each reply.

smtplib keeps every line of a reply and starts its timeout anew with each octet: a server that
sends lines without end would take all memory, and one that lets them drip would hold the caller
for ever.
"""

import smtplib
import socket
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from digest.deliver.providers.smtp.limits import READ_SIZE
from digest.deliver.providers.smtp.reply_parser import ReplyParser

CLOSED = "Connection unexpectedly closed"
VERBS = frozenset({"ehlo", "helo", "starttls", "auth", "mail", "rcpt", "rset", "quit", "noop"})
OnReply = Callable[[str, int, bytes], None]
"""Hears each reply: the command it answers, its code and its text."""


def ignore_reply(_command: str, _code: int, _text: bytes) -> None:
    """Do nothing."""


class _ReplyReader:
    """Read replies from a blocking socket, each within `seconds`."""

    def __init__(self, sock: socket.socket, seconds: float) -> None:
        self._sock = sock
        self._seconds = seconds
        self._parser = ReplyParser()
        self._replies: deque[tuple[int, bytes]] = deque()

    def read(self) -> tuple[int, bytes]:
        """Return the next reply. Raises OSError if none comes in time or what comes is garbled."""
        deadline = time.monotonic() + self._seconds
        timeout = self._sock.gettimeout()
        try:
            while not self._replies:
                if self._parser.fault:
                    raise smtplib.SMTPServerDisconnected(self._parser.fault)
                left = deadline - time.monotonic()
                if left <= 0:
                    raise TimeoutError("no answer in time")
                self._sock.settimeout(left)
                data = self._sock.recv(READ_SIZE)
                if not data:
                    raise smtplib.SMTPServerDisconnected(CLOSED)
                self._replies += self._parser.feed(data)
        finally:
            self._sock.settimeout(timeout)
        return self._replies.popleft()

    def close(self) -> None:
        """Do nothing: the socket is smtplib's to close."""


class HandshakeClient(smtplib.SMTP):
    """Greets, secures and signs in. `timeout`, in seconds, is for a whole reply."""

    file: Any

    def __init__(self, on_reply: OnReply, *args: Any, **options: Any) -> None:
        self._on_reply = on_reply
        self._asked = "connect"
        super().__init__(*args, **options)

    def putcmd(self, cmd: str, args: str = "") -> None:
        """Send a command. What follows AUTH is a part of it, and a secret."""
        verb = cmd.partition(" ")[0].lower()
        self._asked = verb if verb in VERBS else self._asked
        super().putcmd(cmd, args)

    def getreply(self) -> tuple[int, bytes]:
        """Return the next reply as code and text. Raises SMTPServerDisconnected."""
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("please run connect() first")
        if self.file is None:
            # smtplib drops it after STARTTLS, and with it whatever came before TLS.
            self.file = _ReplyReader(self.sock, self.timeout)
        try:
            code, text = self.file.read()
        except smtplib.SMTPServerDisconnected:
            self.close()
            raise
        except OSError as error:
            self.close()
            raise smtplib.SMTPServerDisconnected(f"{CLOSED}: {error}") from error
        text = b"\n".join([line.strip(b" \t\r\n") for line in text.split(b"\n")])
        self._on_reply(self._asked, code, text)
        return code, text


class SecureHandshakeClient(HandshakeClient, smtplib.SMTP_SSL):
    """The same with TLS from the first octet (RFC 8314 section 3.3)."""
