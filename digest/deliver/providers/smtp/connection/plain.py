"""A connection on which every command waits for its reply (RFC 5321)."""

from digest.deliver.bounce_policy.failure import Stage
from digest.deliver.providers.smtp.connection.base import Connection
from digest.deliver.providers.smtp.connection.commands import RESET
from digest.deliver.providers.smtp.connection.state import (
    BODY,
    DATA,
    MAIL,
    RCPT,
    RSET,
    InFlightMessage,
)
from digest.deliver.providers.smtp.errors import UnexpectedReplyError
from digest.deliver.providers.smtp.reply import (
    SERVICE_CLOSING,
    START_INPUT,
    Reply,
    read_reply,
)


class PlainConnection(Connection):
    """Send one command at a time, and stop a message at its first failure."""

    pipelines = False

    # The commands of the current message that are still to be sent.
    _script: tuple[tuple[Stage, InFlightMessage, str], ...] = ()

    @property
    def confirmed(self) -> bool:
        """True: any server can be talked to in this style."""
        return True

    def _fill(self) -> bool:
        """Queue the next command of the current message, its body, or the next message."""
        if self._expected:
            return False
        if self._body_due:
            due, self._body_due = self._body_due, None
            self._queue_body(due)
            return True
        if not self._script:
            if not self._may_start() or not (started := self._start(1)):
                return False
            self._write_script(*started[0])
        stage, message, command = self._script[0]
        self._script = self._script[1:]
        self._expected.append((stage, message))
        self.transport.queue(command.encode())
        return True

    def _write_script(self, message: InFlightMessage, body: bytes) -> None:
        self._body = body
        who, commands = message.personalization, self._commands
        reset = ((RSET, message, RESET),) if self.peer.in_transaction else ()
        self._script = (
            *reset,
            (MAIL, message, commands.mail(who, len(body))),
            (RCPT, message, commands.rcpt(who)),
            (DATA, message, "DATA\r\n"),
        )
        self.peer.in_transaction = True

    def _refuse_reset(self, message: InFlightMessage, reply: Reply) -> None:
        self._script = ()
        message.failure = reply
        self._settle(message)

    def _decide(self, stage: Stage, message: InFlightMessage, code: int, text: bytes) -> None:
        if stage is DATA and code == START_INPUT:
            self._body_due = message
            return
        self._script = ()
        if code == SERVICE_CLOSING and stage is not BODY:
            return  # its body was not begun, so it goes over another connection
        reply = read_reply(stage, code, text)
        if not (reply.transient or reply.permanent):
            raise UnexpectedReplyError(f"the server answered {reply} to {stage.name}")
        message.failure = reply
        self._settle(message)
