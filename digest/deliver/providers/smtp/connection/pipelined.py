"""A connection that sends commands in groups (RFC 2920 PIPELINING)."""

import re

from digest.deliver.bounce_policy.failure import Stage
from digest.deliver.providers.smtp.connection.base import Connection
from digest.deliver.providers.smtp.connection.state import (
    BODY,
    DATA,
    MAIL,
    RCPT,
    RSET,
    InFlightMessage,
)
from digest.deliver.providers.smtp.reply import (
    OUT_OF_SEQUENCE,
    SERVICE_CLOSING,
    START_INPUT,
    Reply,
    read_reply,
)

USUAL_REPLIES = re.compile(rb"250 ([^\r\n]*)\r\n250 [^\r\n]*\r\n250 [^\r\n]*\r\n354 [^\r\n]*\r\n")
"""What nearly every body is answered with: it was taken, and so were the commands after it."""
USUAL_COUNT = 4


class PipelinedConnection(Connection):
    """Send a body together with the next message's MAIL, RCPT and DATA.

    DATA ends a group (RFC 2920 section 3.1), so one body is in flight at a time. The first
    message of a connection goes alone, so that a server that can't do what it offers is found
    out before a second body is at stake.
    """

    # The message that waits for the reply to its DATA.
    _data_sent: InFlightMessage | None = None

    def _handle_replies(self, data: bytes) -> None:
        if not self._handle_usual(data):
            super()._handle_replies(data)

    def _handle_usual(self, data: bytes) -> bool:
        """Handle a body and the group after it that were taken; return False for anything else."""
        expected, following = self._expected, self._data_sent
        if len(expected) != USUAL_COUNT or following is None or not self._parser.at_start:
            return False
        stage, message = expected[0]
        usual = stage is BODY and not (message.failure or message.settled or self._closing)
        found = USUAL_REPLIES.fullmatch(data) if usual else None
        if found is None:
            return False
        expected.clear()
        self.replies += USUAL_COUNT
        self._accept(message, found[1])
        self._data_sent, self._body_due = None, following
        return True

    def _fill(self) -> bool:
        """Queue the body that was asked for, and with it the next message's commands."""
        if self._data_sent:
            return False
        due, self._body_due = self._body_due, None
        alone = False
        if due:
            self._queue_body(due)
            alone = not self.peer.window
        elif self._expected and not self.peer.window:
            return False
        if not alone and self._may_start() and (started := self._start(1)):
            ((message, self._body),) = started
            self._data_sent = message
            self._queue_group(message)
        return bool(due or self._data_sent)

    def _queue_group(self, message: InFlightMessage) -> None:
        """Queue a message's commands before its body, and expect their replies."""
        reset, self.peer.in_transaction = self.peer.in_transaction, True
        commands = self._commands.group(message.personalization, len(self._body), reset=reset)
        self.transport.queue(b"%bDATA\r\n" % commands)
        if reset:
            self._expected.append((RSET, message))
        self._expected.extend(((MAIL, message), (RCPT, message), (DATA, message)))

    def _decide(self, stage: Stage, message: InFlightMessage, code: int, text: bytes) -> None:
        if message.failure is None and not (stage is DATA and code == START_INPUT):
            self._fail(message, read_reply(stage, code, text))
        elif message.failure and stage is BODY and code < 400:  # noqa: PLR2004 - RFC 5321 section 4.2.1
            # No recipient was there to accept it for, so this answers something else.
            raise self._unexpected(code)
        if stage is BODY:
            self._settle(message)
        elif stage is DATA:
            self._handle_data(message, code)

    def _fail(self, message: InFlightMessage, reply: Reply) -> None:
        """Note a message's first failure. Raises UnexpectedReplyError if it isn't for it."""
        out_of_sequence = reply.code in OUT_OF_SEQUENCE
        if out_of_sequence and self.peer.window:
            # Start no more, but what is in flight is answered in order as long as it fits.
            self.desynchronised = True
        elif out_of_sequence or not (reply.transient or reply.permanent):
            raise self._unexpected(reply.code)
        message.failure = reply
        self.refusals += 1

    def _handle_data(self, message: InFlightMessage, code: int) -> None:
        """After the reply to DATA: the body is due, or the message is settled."""
        self._data_sent = None
        if code == START_INPUT:
            if message.failure and message.failure.stage is RSET:
                # Its recipient may have been taken after all, who would get the empty body.
                raise self._unexpected(code)
            self._body_due = message
            if message.failure is None:
                return
        elif code == SERVICE_CLOSING:
            return
        self._settle(message)
