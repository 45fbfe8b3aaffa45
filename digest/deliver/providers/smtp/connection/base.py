"""What all styles of SMTP connection share: turns, starting messages, and their bodies."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from itertools import islice

from digest.deliver.bounce_policy.failure import Cause
from digest.deliver.providers.base import NO_JOURNAL, Journal, Outcome, RefusedForAllError
from digest.deliver.providers.smtp.connection.commands import Commands
from digest.deliver.providers.smtp.connection.matching import ReplyMatching
from digest.deliver.providers.smtp.connection.state import (
    BODY,
    Compose,
    InFlightMessage,
    Peer,
)
from digest.deliver.providers.smtp.errors import (
    ConnectionLostError,
    ServiceClosingError,
)
from digest.deliver.providers.smtp.limits import COMPOSED_AT_ONCE
from digest.deliver.providers.smtp.transport import Transport


class Connection(ReplyMatching, ABC):
    """Send messages from the left of `queue`, and put back there what could not be begun.

    `limit` is how many messages it may carry in all. A NUL in `sender` stands for a delivery's
    token. A turn is `receive`, `prepare` and `transmit`; whoever drives several connections notes
    in the journal at once what all of them have prepared.
    """

    def __init__(
        self,
        peer: Peer,
        transport: Transport,
        sender: str,
        compose: Compose,
        queue: deque[InFlightMessage],
        *,
        limit: int | None = None,
        journal: Journal = NO_JOURNAL,
    ) -> None:
        super().__init__(peer, transport, queue, journal)
        self._compose = compose
        self._limit = limit
        self._commands = Commands(sender, peer.extensions)
        # The message that got a 354 to its DATA, and its body.
        self._body_due: InFlightMessage | None = None
        self._body = b""

    @abstractmethod
    def _fill(self) -> bool:
        """Queue what may be sent now; return False if that is nothing."""

    @property
    def confirmed(self) -> bool:
        """True once it is known that the server can be talked to in this style."""
        return self.peer.window > 0

    @property
    def finished(self) -> bool:
        """True if no more messages can be started and nothing is in flight."""
        return not self.busy and self._ended

    @property
    def _ended(self) -> bool:
        """True if no more messages can be started."""
        if self.spent or self.desynchronised or self.sender_rejected:
            return True
        return self._limit is not None and self.peer.started >= self._limit

    @property
    def capacity(self) -> int:
        """How many messages it may start at once."""
        return 1

    @property
    def reply_timeout(self) -> float:
        """Seconds in which something has to move."""
        body = bool(self._expected) and self._expected[0][0] is BODY
        return self.peer.body_timeout if body else self.peer.command_timeout

    def receive(self) -> None:
        """Read the replies that have come in, and settle what they answer."""
        try:
            self._read_replies()
            if self._closing and not self._expected:
                self._end(ServiceClosingError(str(self._closing)))
        except ConnectionLostError as lost:
            self._end(lost)

    def prepare(self) -> list[int]:
        """Queue what may be sent now; return the deliveries whose body may leave by `transmit`.

        They are to be noted as begun before that.
        """
        if not self.lost:
            self._fill()
        return self._begun.take_unnoted()

    def transmit(self) -> None:
        """Write what the transport takes, and what may follow."""
        while not self.lost and self._write() and self._fill():
            pass

    def give_up(self, lost: ConnectionLostError) -> list[Outcome]:
        """End the connection from outside; return the outcomes that are settled by that."""
        self._end(lost)
        return self.take_outcomes()

    def _write(self) -> bool:
        """Write what the transport takes; return True if that was everything."""
        return self._begun.write(self._in_flight)

    def _may_start(self) -> bool:
        return bool(self._queue) and not self._closing and not self._ended

    def _start(self, count: int) -> list[tuple[InFlightMessage, bytes]]:
        """Take the next messages and compose them; fewer if the server takes none of their size."""
        queue = self._queue
        messages = [queue.popleft() for _ in range(count)]
        bodies = self._bodies(messages)
        most = self.peer.max_size
        if most and max(map(len, bodies)) > most:
            fit = next(place for place, body in enumerate(bodies) if len(body) > most)
            self._refuse_size(len(bodies[fit]), most)
            queue.extendleft(reversed(messages[fit:]))
            del messages[fit:], bodies[fit:]
        for message in messages:
            message.body_at = message.failure = None
        self._in_flight.extend(messages)
        self.peer.started += len(messages)
        return list(zip(messages, bodies, strict=True))

    def _bodies(self, messages: Sequence[InFlightMessage]) -> list[bytes]:
        """Return the composed messages. What is next in the queue is composed with them."""
        missing = [one for one in messages if not one.body]
        if missing:
            ahead = islice(self._queue, max(0, COMPOSED_AT_ONCE - len(missing)))
            missing += [one for one in ahead if not one.body]
            composed = self._compose([one.personalization for one in missing])
            for one, body in zip(missing, composed, strict=True):
                one.body = body
        bodies = [one.body for one in messages]
        for one in messages:
            one.body = b""
        return bodies

    def _refuse_size(self, size: int, most: int) -> None:
        self.sender_rejected = RefusedForAllError(
            f"the message has {size:,} octets, and the server takes {most:,}", Cause.SIZE
        )

    def _queue_body(self, message: InFlightMessage) -> None:
        """Queue the body that a 354 asked for."""
        self._expected.append((BODY, message))
        self.peer.in_transaction = False
        if message.settled:
            # RFC 2920 section 3.1: DATA was accepted without a recipient; send an empty body.
            self.transport.queue(b".\r\n")
            return
        self._begun.add(message)
        self.transport.queue(self._body)
        self.transport.queue(b".\r\n" if self._body.endswith(b"\r\n") else b"\r\n.\r\n")
