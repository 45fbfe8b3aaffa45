"""What all styles of SMTP connection share: matching replies, settling messages, ending."""

import re
from abc import ABC, abstractmethod
from collections import deque
from typing import ClassVar

from digest.deliver.bounce_policy.failure import Cause, Stage
from digest.deliver.providers.base import (
    NO_JOURNAL,
    Accepted,
    Journal,
    Outcome,
    ProviderError,
    RefusedForAllError,
    Unknown,
)
from digest.deliver.providers.smtp.connection.begun import BegunMessages
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
    queue_id,
    raise_if_sender_rejected,
    read_reply,
    rejected,
)
from digest.deliver.providers.smtp.reply_parser import ReplyParser
from digest.deliver.providers.smtp.transport import Transport
from subscribers.tokens import token_to_hex

TOO_MANY_RECIPIENTS = "4.5.3"
"""RFC 3463 section 3.6: servers say so at RCPT once a session has had its messages."""
RESET = "RSET\r\n"
LAST_WORDS = re.compile(
    rb"too many (?:\w+ ){0,4}(?:errors|commands|syntax|unrecogni)|closing connection|good ?bye|"
    rb"disconnect|dropping connection",
    re.IGNORECASE,
)
"""With these a server announces that it hangs up, whatever the code before them."""


class Connection(ABC):
    """Send messages from the left of `queue`, and put back there what could not be begun.

    `limit` is how many messages it may carry in all. A NUL in `sender` stands for a delivery's
    token. Set by `turn` and `give_up`:

    - `lost`: how the connection ended, if it did; `lost_in_flight`: something was in flight then.
    - `desynchronised`: the server can't be talked to in this style.
    - `sender_rejected`: why nobody can be mailed.
    - `spent`: the reply by which the server takes no more messages on this connection.
    - `refused_at_once`: the message so refused, where none was taken before.
    - `refusals`: how many messages got a no in a group of commands.
    - `replies`: how many replies have come in whole.
    """

    pipelines: ClassVar[bool] = True

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
        self.peer = peer
        self.transport = transport
        self.lost: ConnectionLostError | None = None
        self.lost_in_flight = False
        self.desynchronised = False
        self.sender_rejected: ProviderError | None = None
        self.spent: Reply | None = None
        self.refused_at_once: InFlightMessage | None = None
        self.refusals = 0
        self.replies = 0
        self._compose = compose
        self._queue = queue
        self._limit = limit
        self._begun = BegunMessages(transport, journal)
        self._parser = ReplyParser()
        self._announces_size = "size" in peer.extensions
        self._mail_from = f"MAIL FROM:<{sender}>"
        self._names_delivery = "\0" in sender
        # What each reply to come answers, oldest first.
        self._expected: deque[tuple[Stage, InFlightMessage]] = deque()
        self._in_flight: deque[InFlightMessage] = deque()
        # The message that got a 354 to its DATA, and its body.
        self._body_due: InFlightMessage | None = None
        self._body = b""
        self._closing: Reply | None = None
        self._outcomes: list[Outcome] = []

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
        try:
            if readable:
                self._read_replies()
                if self._closing and not self._expected:
                    self._end(ServiceClosingError(str(self._closing)))
            if not self.lost:
                while self._fill() and self._write():
                    pass
                self._write()
        except ConnectionLostError as lost:
            self._end(lost)
        return self._take_outcomes()

    def give_up(self, lost: ConnectionLostError) -> list[Outcome]:
        """End the connection from outside; return the outcomes that are settled by that."""
        self._end(lost)
        return self._take_outcomes()

    def _write(self) -> bool:
        """Write what the transport takes; return True if that was everything."""
        return self._begun.write(self._in_flight)

    def _take_outcomes(self) -> list[Outcome]:
        outcomes, self._outcomes = self._outcomes, []
        return outcomes

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

    def _commands(self, message: InFlightMessage, size: int, *, reset: bool) -> bytes:
        """Return a message's commands before its body, each on a line."""
        mail, rcpt = self._mail(message, size), message.personalization.email
        return f"{RESET if reset else ''}{mail}RCPT TO:<{rcpt}>\r\n".encode()

    def _mail(self, message: InFlightMessage, size: int) -> str:
        """Return MAIL, with RFC 1870 SIZE and RFC 6531 SMTPUTF8 if needed."""
        mail_from = self._mail_from
        if self._names_delivery:
            mail_from = mail_from.replace("\0", token_to_hex(message.personalization.token))
        if self._announces_size:
            mail_from += f" SIZE={size}"
        if not message.personalization.email.isascii():
            mail_from += " SMTPUTF8 BODY=8BITMIME"
        return mail_from + "\r\n"

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

    def _accept(self, message: InFlightMessage, text: bytes) -> None:
        # Not always the oldest: a message with a rejected recipient is settled out of turn.
        self._in_flight.remove(message)
        who = message.personalization
        self.peer.accepted += 1
        if self.peer.window < self.peer.max_window:
            self.peer.window += 1
        self._outcomes.append(Accepted(who.delivery_id, queue_id(text) or who.token))

    def _unexpected(self, code: int) -> UnexpectedReplyError:
        self.desynchronised = self.pipelines
        return UnexpectedReplyError(f"the server answered {code} to commands sent in a group")

    def _settle(self, message: InFlightMessage) -> None:
        """Settle a message by its failure; put it back if that says nothing of the recipient."""
        message.settled = True
        self._in_flight.remove(message)
        reply = message.failure
        if reply is None or (reply.code in OUT_OF_SEQUENCE and self.pipelines):
            self._put_back(message)
            return
        try:
            raise_if_sender_rejected(reply)
        except ProviderError as error:
            self.sender_rejected = error
            self._put_back(message)
            return
        if self._is_about_session(reply):
            self._leave(message, reply)
            return
        self._outcomes.append(rejected(message.personalization, reply))

    def _is_about_session(self, reply: Reply) -> bool:
        """True for a temporary refusal to go on, which says nothing of the message at hand."""
        if reply.stage is RSET or reply.code == SERVICE_CLOSING:
            return reply.stage is not BODY
        if not reply.transient:
            return False
        before_recipient = reply.stage is MAIL or reply.stage is DATA
        return before_recipient or reply.enhanced == TOO_MANY_RECIPIENTS

    def _leave(self, message: InFlightMessage, reply: Reply) -> None:
        """Use the connection no more; the message goes over another one."""
        self.spent = self.spent or reply
        back = self._put_back(message)
        if not self.peer.accepted:
            self.refused_at_once = self.refused_at_once or back

    def _put_back(self, message: InFlightMessage) -> InFlightMessage:
        # A new one, since replies to the old one may still be awaited.
        back = InFlightMessage(message.personalization, message.tries, refusals=message.refusals)
        self._begun.withdraw([message])
        self._queue.appendleft(back)
        return back

    def _end(self, lost: ConnectionLostError) -> None:
        """Settle everything in flight: rejected, unknown, or put back for another connection."""
        self.lost = lost
        self.lost_in_flight = bool(self._in_flight)
        back: list[InFlightMessage] = []
        for message in self._in_flight:
            begun = message.body_at is not None and self.transport.sent > message.body_at
            failure, who = message.failure, message.personalization
            if failure and failure.stage is RSET:
                failure = None
            if failure and self._is_about_session(failure):
                self.spent = self.spent or failure
                back.append(message)
            elif begun and failure:
                self._outcomes.append(rejected(who, failure))
            elif begun and self._closing is None:
                self._outcomes.append(Unknown(who.delivery_id, str(lost)))
            else:
                # RFC 5321 section 3.8: after a 421 nothing more of what was sent is accepted.
                back.append(message)
        if self._closing:
            lost.reply = self._closing
            self.spent = self.spent or self._closing
        self._begun.withdraw(back)
        if back and not self.spent:
            back[0].tries += 1
        elif back and not self.peer.accepted:
            self.refused_at_once = self.refused_at_once or back[0]
        self._queue.extendleft(reversed(back))
        self._in_flight.clear()
        self._expected.clear()
