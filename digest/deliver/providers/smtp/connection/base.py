"""What all styles of SMTP connection share: turns, starting messages, matching replies."""

import re
from abc import ABC, abstractmethod
from collections import deque

from digest.deliver.bounce_policy.failure import Cause, Stage
from digest.deliver.providers.base import NO_JOURNAL, Journal, Outcome, RefusedForAllError
from digest.deliver.providers.smtp.connection.commands import Commands
from digest.deliver.providers.smtp.connection.settlement import Settlement
from digest.deliver.providers.smtp.connection.state import (
    BODY,
    DATA,
    MAIL,
    RCPT,
    RSET,
    Compose,
    InFlightMessage,
    Peer,
)
from digest.deliver.providers.smtp.errors import (
    ConnectionLostError,
    GarbledReplyError,
    ServiceClosingError,
    UnexpectedReplyError,
)
from digest.deliver.providers.smtp.reply import (
    OK,
    OUT_OF_SEQUENCE,
    SERVICE_CLOSING,
    Reply,
    read_reply,
)
from digest.deliver.providers.smtp.reply_parser import ReplyParser
from digest.deliver.providers.smtp.transport import Transport

LAST_WORDS = re.compile(
    rb"too many (?:\w+ ){0,4}(?:errors|commands|syntax|unrecogni)|closing connection|good ?bye|"
    rb"disconnect|dropping connection",
    re.IGNORECASE,
)
"""With these a server announces that it hangs up, whatever the code before them."""


class Connection(Settlement, ABC):
    """Send messages from the left of `queue`, and put back there what could not be begun.

    `limit` is how many messages it may carry in all. A NUL in `sender` stands for a delivery's
    token. A turn is `receive`, `prepare` and `transmit`; whoever drives several connections notes
    in the journal at once what all of them have prepared. What is set by it, besides what a
    `Settlement` has:

    - `desynchronised`: the server can't be talked to in this style.
    - `refusals`: how many messages got a no in a group of commands.
    - `replies`: how many replies have come in whole.
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
        self.desynchronised = False
        self.refusals = 0
        self.replies = 0
        self._compose = compose
        self._limit = limit
        self._commands = Commands(sender, peer.extensions)
        self._parser = ReplyParser()
        # What each reply to come answers, oldest first.
        self._expected: deque[tuple[Stage, InFlightMessage]] = deque()
        # The message that got a 354 to its DATA, and its body.
        self._body_due: InFlightMessage | None = None
        self._body = b""

    @abstractmethod
    def _fill(self) -> bool:
        """Queue what may be sent now; return False if that is nothing."""

    @abstractmethod
    def _decide(self, stage: Stage, message: InFlightMessage, code: int, text: bytes) -> None:
        """Handle any reply that is not a simple 2xx (354 after DATA)."""

    @property
    def busy(self) -> bool:
        """True while a reply is awaited, so that nobody else may use the connection."""
        return bool(self._in_flight or self._expected)

    @property
    def confirmed(self) -> bool:
        """True once it is known that the server can be talked to in this style."""
        return self.peer.window > 0

    @property
    def finished(self) -> bool:
        """True if no more messages can be started and nothing is in flight."""
        return self._ended and not self.busy

    @property
    def _ended(self) -> bool:
        """True if no more messages can be started."""
        full = self._limit is not None and self.peer.started >= self._limit
        return full or bool(self.spent or self.desynchronised or self.sender_rejected)

    @property
    def capacity(self) -> int:
        """How many messages it may start at once."""
        return 1

    @property
    def reply_timeout(self) -> float:
        """Seconds in which something has to move."""
        body = bool(self._expected) and self._expected[0][0] is BODY
        return self.peer.body_timeout if body else self.peer.command_timeout

    def turn(self, *, readable: bool) -> list[Outcome]:
        """Read replies, queue what may be sent now, and write what the transport takes."""
        if readable:
            self.receive()
        self._journal.begun(self.prepare())
        self.transmit()
        return self.take_outcomes()

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

    def _end(self, lost: ConnectionLostError) -> None:
        super()._end(lost)
        self._expected.clear()

    def _write(self) -> bool:
        """Write what the transport takes; return True if that was everything."""
        return self._begun.write(self._in_flight)

    def _may_start(self) -> bool:
        return bool(self._queue) and not self._closing and not self._ended

    def _start(self, count: int) -> list[tuple[InFlightMessage, bytes]]:
        """Take the next messages and compose them; fewer if the server takes none of their size."""
        queue = self._queue
        messages = [queue.popleft() for _ in range(count)]
        bodies = self._compose([message.personalization for message in messages])
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

    def _read_replies(self) -> None:
        """Handle what came in. Raises ConnectionLostError."""
        expected, parser = self._expected, self._parser
        replies = parser.feed(self.transport.read())
        self.replies += len(replies)
        for code, text in replies:
            # Most replies are a 2xx on which nothing else depends: handled here, quickly.
            if code == OK and expected and not self._closing:
                stage, message = expected[0]
                if stage is BODY:
                    if message.failure is None and not message.settled:
                        expected.popleft()
                        self._accept(message, text)
                        continue
                elif stage is not DATA:
                    expected.popleft()
                    continue
            self._match(code, text)
        if parser.fault:
            raise GarbledReplyError(parser.fault)
        if self.transport.fault:
            raise ConnectionLostError(self.transport.fault)

    def _match(self, code: int, text: bytes) -> None:
        """Match a reply with what it answers. Raises UnexpectedReplyError if it matches nothing."""
        stage = self._expected[0][0] if self._expected else MAIL
        closing = code == SERVICE_CLOSING or (
            code >= 400 and (stage is RSET or LAST_WORDS.search(text) is not None)  # noqa: PLR2004
        )
        # Nothing that comes after it was taken, if the connection ends here.
        self._closing = read_reply(stage, code, text) if closing else None
        if not self._expected:
            if not closing:
                raise self._unexpected(code)
            return
        stage, message = self._expected.popleft()
        if stage is RSET:
            if self._closing:
                self._refuse_reset(message, self._closing)
            elif code != OK:
                raise self._unexpected(code)
            return
        if message.settled:
            return
        positive = 200 <= code < 300  # noqa: PLR2004 - RFC 5321 section 4.2.1
        if positive and (stage is MAIL or stage is RCPT):
            return
        failed_before = message.failure is not None and message.failure.stage is not RSET
        if positive and stage is BODY and not failed_before:
            self._accept(message, text)
        else:
            self._decide(stage, message, code, text)

    def _refuse_reset(self, message: InFlightMessage, reply: Reply) -> None:
        """Note that the message after an RSET could not begin; its own replies are to come."""
        message.failure = reply
        self.desynchronised = self.desynchronised or reply.code in OUT_OF_SEQUENCE

    def _unexpected(self, code: int) -> UnexpectedReplyError:
        self.desynchronised = self.pipelines
        return UnexpectedReplyError(f"the server answered {code} to commands sent in a group")

