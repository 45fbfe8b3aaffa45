"""imaplib's client with bounds: of time, of memory, and of what one answer may hold.

imaplib waits anew for each octet, takes a literal of any size into memory, and keeps every
untagged response: a server that drips, lies about sizes or never ends would hold the caller.
"""

import imaplib
import io
from typing import TYPE_CHECKING, Any

from digest.track.bounces.parse import MAX_MESSAGE_BYTES
from store.deadline import Deadline, reading

if TYPE_CHECKING:
    import socket

MAX_LINE = 16 * 1024 * 1024
"""Octets of a line: room for the numbers of some two million messages."""
MAX_LITERAL = MAX_MESSAGE_BYTES
"""Octets kept of a literal; the rest is read past."""
MAX_ANSWER = 2 * MAX_LINE
"""Octets kept of all that comes in answer to one command."""
_PIECE = 65_536


class BoundedImap(imaplib.IMAP4):
    """IMAP over a plain connection, STARTTLS included."""

    def __init__(self, deadline: Deadline, *args: Any, **options: Any) -> None:
        """Takes the arguments of imaplib after the `deadline` of the whole connection."""
        self._deadline = deadline
        self._room = MAX_ANSWER
        self._read_from: socket.socket | None = None
        super().__init__(*args, **options)

    def send(self, data: Any) -> None:
        """Sends a command, or a part of one; what answers it is counted from here."""
        self._room = MAX_ANSWER
        self.sock.settimeout(self._deadline.within())
        super().send(data)

    def readline(self) -> bytes:
        """Reads a line. Raises IMAP4.abort if it is too long, or the answer is."""
        line = self._incoming().readline(MAX_LINE + 1)
        if len(line) > MAX_LINE:
            raise self.abort(f"a line of more than {MAX_LINE:,} octets")
        return self._counted(line)

    def read(self, size: int) -> bytes:
        """Reads a literal; of one that is too long the beginning, and past the rest."""
        incoming = self._incoming()
        kept = incoming.read(min(size, MAX_LITERAL))
        rest = size - len(kept)
        while rest > 0:
            piece = incoming.read(min(rest, _PIECE))
            if not piece:
                raise self.abort("the connection ended within a message")
            rest -= len(piece)
        return self._counted(kept)

    def _counted(self, data: bytes) -> bytes:
        # Each response is an object of its own, however short it is.
        self._room -= len(data) + 100
        if self._room < 0:
            raise self.abort(f"more than {MAX_ANSWER:,} octets in answer to one command")
        return data

    def _incoming(self) -> io.BufferedReader:
        """Returns the reader; after STARTTLS a new one, so that nothing in the clear counts."""
        if self._read_from is not self.sock:
            self._read_from = self.sock
            self._buffered = reading(self.sock, self._deadline)
        return self._buffered


class BoundedSecureImap(BoundedImap, imaplib.IMAP4_SSL):
    """The same with TLS from the first octet."""
