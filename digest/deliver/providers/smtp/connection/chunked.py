"""A connection that keeps several bodies in flight (RFC 3030 CHUNKING)."""

from digest.deliver.providers.smtp.connection.pipelined import PipelinedConnection
from digest.deliver.providers.smtp.connection.state import (
    BODY,
    MAIL,
    RCPT,
    RSET,
)
from digest.deliver.providers.smtp.limits import MAX_BACKLOG, MAX_IN_FLIGHT_OCTETS


class ChunkedConnection(PipelinedConnection):
    """Send each message's commands and body at once, as BDAT, up to the window.

    The window grows by one with each message that is accepted. While it is 0, and once a message
    was rejected, messages go as in a `PipelinedConnection`: a rejected recipient's chunk is a
    command out of sequence, and servers hang up after a few of those.
    """

    # Octets of the last message with its commands: the next ones have about as many.
    _size = MAX_IN_FLIGHT_OCTETS

    @property
    def capacity(self) -> int:
        """How many messages it may start at once."""
        return 1 if self.refusals else self.peer.window

    def _fill(self) -> bool:
        if not self.peer.window or self._body_due or self._data_sent:
            return super()._fill()
        if self.refusals:
            return not self._expected and super()._fill()
        transport, began = self.transport, len(self._in_flight)
        self.peer.in_transaction = True
        while self._may_start() and (count := self._startable()):
            if transport.backlog > MAX_BACKLOG and not self._write():
                break
            if not self._queue_chunks(count):
                break
        return len(self._in_flight) > began

    def _startable(self) -> int:
        """Return how many messages may be started together."""
        in_flight, transport = self._in_flight, self.transport
        oldest = in_flight[0].body_at if in_flight else None
        octets = 0 if oldest is None else transport.queued - oldest
        count = min(
            self.peer.window - len(in_flight),
            (MAX_IN_FLIGHT_OCTETS - octets) // self._size + 1,
            max(0, MAX_BACKLOG - transport.backlog) // self._size + 1,
            len(self._queue),
        )
        return count if self._limit is None else min(count, self._limit - self.peer.started)

    def _queue_chunks(self, count: int) -> bool:
        """Queue the next `count` messages; return False if the server takes none of their size."""
        transport, expected = self.transport, self._expected
        started = self._start(count)
        for message, body in started:
            size = len(body)
            # Whether the message before was accepted isn't known yet, so each begins with RSET.
            commands = self._commands.group(message.personalization, size, reset=True)
            head = b"%bBDAT %d LAST\r\n" % (commands, size)
            transport.queue(head)
            self._begun.add(message)
            transport.queue(body)
            self._size = len(head) + size
            expected.extend(((RSET, message), (MAIL, message), (RCPT, message), (BODY, message)))
        return len(started) == count
