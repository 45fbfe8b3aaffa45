"""The sink's side of SMTP, without a socket: octets in, replies and whole messages out.

It does as little as can be. Of a chunk (RFC 3030) only the length matters: `skip` says how many
octets its caller may drop unseen (`drop`). Of a body (DATA) it looks at the last lines alone:
only commands can follow its end before that is answered, so a last line that is none is of it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

END = b"\r\n.\r\n"
HEAD = 2_048
"""Octets of a message that are kept where it is recorded, to find its Message-ID in."""
LAST_LINES = 2_048
"""Octets at the end of what came of a body; with lines of 998 at most, a whole one is in them."""
_VERB = re.compile(rb"(?:MAIL|RCPT|DATA|BDAT|RSET|NOOP|QUIT|EHLO|HELO|VRFY)\b", re.IGNORECASE)


@dataclass(slots=True)
class Protocol:
    """`take` is called with the recipient and the beginning of each whole message.

    With `rests` it stops after each message until `go_on`; what came meanwhile is kept.
    """

    take: Callable[[bytes, bytes], None]
    chunking: bool = True
    keeps_heads: bool = False
    rests: bool = False
    skip: int = 0
    replies: list[bytes] = field(default_factory=list)
    leaving: bool = False
    resting: bool = False
    _rest: bytes = b""
    _in_chunk: bool = False
    _last: bool = False
    _in_body: bool = False
    _tail: bytes = b""
    _head: bytes = b""
    _recipient: bytes = b""

    @property
    def in_body(self) -> bool:
        """True if what comes next is of the body of a DATA."""
        return self._in_body

    @property
    def may_drop(self) -> int:
        """Octets that come next and need not be seen."""
        return 0 if self.keeps_heads and len(self._head) < HEAD else self.skip

    def hear(self, data: bytearray, end: int) -> None:
        """Go through the first `end` octets of `data`."""
        if self._rest:
            data = bytearray(self._rest) + data[:end]
            end, self._rest = len(data), b""
        place = 0
        while place < end and not self.resting:
            if self._in_chunk:
                place = self._chunk(data, place, end)
            elif self._in_body:
                place = self._body(data, place, end)
            elif (stop := data.find(b"\r\n", place, end)) >= 0:
                self._command(bytes(data[place:stop]))
                place = stop + 2
            else:
                break
        self._rest = bytes(data[place:end])

    def drop(self, many: int) -> None:
        """Count `many` octets of a chunk, at most `may_drop`, as received."""
        self.skip -= many
        if not self.skip:
            self._in_chunk = False
            if self._last:
                self._taken()
            else:
                self.replies.append(b"250 2.0.0 go on\r\n")

    def go_on(self) -> None:
        """Go on after a rest, with what came meanwhile."""
        self.resting = False
        self.hear(bytearray(), 0)

    def _command(self, command: bytes) -> None:
        verb = command[:4].upper()
        if verb == b"BDAT":
            self._in_chunk, self.skip = True, int(command.split()[1])
            self._last = command.upper().endswith(b" LAST")
            if not self.skip:
                self.drop(0)
        elif verb == b"DATA":
            self._in_body, self._tail = True, b"\r\n"
            self.replies.append(b"354 go on\r\n")
        else:
            self.replies.append(self._reply(verb, command))

    def _reply(self, verb: bytes, command: bytes) -> bytes:
        if verb == b"EHLO":
            chunking = b"250-CHUNKING\r\n" if self.chunking else b""
            return b"250-sink\r\n250-8BITMIME\r\n" + chunking + b"250 PIPELINING\r\n"
        if verb == b"RCPT":
            self._recipient = command.partition(b"<")[2].partition(b">")[0]
        if verb == b"QUIT":
            self.leaving = True
            return b"221 bye\r\n"
        return b"250 2.0.0 ok\r\n"

    def _chunk(self, data: bytearray, place: int, end: int) -> int:
        part = min(self.skip, end - place)
        self._keep_head(data, place, place + part)
        self.drop(part)
        return place + part

    def _body(self, data: bytearray, place: int, end: int) -> int:
        """Return where the next command begins; `end` if the body goes on."""
        self._keep_head(data, place, end)
        stop = self._end_of_body(data, place, end)
        if stop < 0:
            self._tail = (self._tail + data[max(place, end - 4) : end])[-4:]
            return end
        self._in_body = False
        self._taken()
        return stop

    def _end_of_body(self, data: bytearray, place: int, end: int) -> int:
        """Return where its end is behind; -1 if that has not come."""
        edge = self._tail + data[place : min(end, place + 4)]
        if (found := edge.find(END)) >= 0:
            return place + found + len(END) - len(self._tail)
        window = max(place, end - LAST_LINES)
        found = data.rfind(END, window, end)
        if found < 0 and window > place and not _ends_in_text(data, window, end):
            found = data.rfind(END, place, end)
        return found + len(END) if found >= 0 else -1

    def _keep_head(self, data: bytearray, place: int, end: int) -> None:
        if self.keeps_heads and len(self._head) < HEAD:
            self._head += data[place : min(end, place + HEAD)]

    def _taken(self) -> None:
        self.take(self._recipient, self._head)
        self._head = b""
        self.replies.append(b"250 2.0.0 taken\r\n")
        self.resting = self.rests


def _ends_in_text(data: bytearray, place: int, end: int) -> bool:
    """True if the last whole line of that part is no command."""
    stop = data.rfind(b"\r\n", place, end)
    start = data.rfind(b"\r\n", place, stop) if stop >= 0 else -1
    return start >= 0 and not _VERB.match(data, start + 2, stop)
