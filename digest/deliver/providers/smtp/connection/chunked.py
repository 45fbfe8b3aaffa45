"""A connection that keeps several bodies in flight (RFC 3030 CHUNKING)."""

from digest.deliver.providers.smtp.connection.pipelined import PipelinedConnection
from digest.deliver.providers.smtp.connection.state import BODY
from digest.deliver.providers.smtp.limits import MAX_BACKLOG, MAX_IN_FLIGHT_OCTETS


class ChunkedConnection(PipelinedConnection):
    """Send each message's commands and body at once, as BDAT, up to the window.

    The window grows by one with each message that is accepted. While it is 0, and once a message
    was rejected, messages go as in a `PipelinedConnection`: a rejected recipient's chunk is a
    command out of sequence, and servers hang up after a few of those.
    """

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
        while len(self._in_flight) < self.peer.window and self._may_start():
            oldest = self._in_flight[0].body_at if self._in_flight else None
            if oldest is not None and transport.queued - oldest > MAX_IN_FLIGHT_OCTETS:
                break
            if transport.backlog > MAX_BACKLOG and not self._write():
                break
            if (started := self._start()) is None:
                break
            message, body = started
            size = len(body)
            # Whether the message before was accepted isn't known yet, so each begins with RSET.
            head = self._group(message, size, reset=True)
            transport.queue(f"{head}BDAT {size} LAST\r\n".encode())
            self._begin_body(message)
            transport.queue(body)
            self._expected.append((BODY, message))
        return len(self._in_flight) > began
