"""Matches replies with what they answer."""

import re
from abc import ABC, abstractmethod
from collections import deque

from digest.deliver.bounce_policy.failure import Stage
from digest.deliver.providers.base import Journal
from digest.deliver.providers.smtp.connection.settlement import Settlement
from digest.deliver.providers.smtp.connection.state import (
    BODY,
    DATA,
    MAIL,
    RCPT,
    RSET,
    InFlightMessage,
    Peer,
)
from digest.deliver.providers.smtp.errors import (
    ConnectionLostError,
    GarbledReplyError,
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


class ReplyMatching(Settlement, ABC):
    """What each reply to come answers; what the usual ones mean.

    - `desynchronised`: the server can't be talked to in this style.
    - `refusals`: how many messages got a no in a group of commands.
    - `replies`: how many replies have come in whole.
    """

    def __init__(
        self,
        peer: Peer,
        transport: Transport,
        queue: deque[InFlightMessage],
        journal: Journal,
    ) -> None:
        super().__init__(peer, transport, queue, journal)
        self.desynchronised = False
        self.refusals = 0
        self.replies = 0
        self._parser = ReplyParser()
        # What each reply to come answers, oldest first.
        self._expected: deque[tuple[Stage, InFlightMessage]] = deque()

    @abstractmethod
    def _decide(self, stage: Stage, message: InFlightMessage, code: int, text: bytes) -> None:
        """Handle any reply that is not a simple 2xx (354 after DATA)."""

    @property
    def busy(self) -> bool:
        """True while a reply is awaited, so that nobody else may use the connection."""
        return bool(self._in_flight or self._expected)

    def _read_replies(self) -> None:
        """Handle what came in. Raises ConnectionLostError."""
        transport, parser = self.transport, self._parser
        self._handle_replies(transport.read())
        if parser.fault:
            raise GarbledReplyError(parser.fault)
        if transport.fault:
            raise ConnectionLostError(transport.fault)

    def _handle_replies(self, data: bytes) -> None:
        expected = self._expected
        replies = self._parser.feed(data)
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

    def _end(self, lost: ConnectionLostError) -> None:
        super()._end(lost)
        self._expected.clear()
