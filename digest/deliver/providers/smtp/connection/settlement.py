"""What becomes of messages in flight: accepted, rejected, unknown, or put back in the queue."""

from collections import deque

from digest.deliver.providers.base import (
    Accepted,
    Journal,
    Outcome,
    ProviderError,
    Unknown,
)
from digest.deliver.providers.smtp.connection.begun import BegunMessages
from digest.deliver.providers.smtp.connection.state import (
    BODY,
    DATA,
    MAIL,
    RSET,
    InFlightMessage,
    Peer,
)
from digest.deliver.providers.smtp.errors import ConnectionLostError
from digest.deliver.providers.smtp.reply import (
    OUT_OF_SEQUENCE,
    SERVICE_CLOSING,
    Reply,
    queue_id,
    raise_if_sender_rejected,
    rejected,
)
from digest.deliver.providers.smtp.transport import Transport

TOO_MANY_RECIPIENTS = "4.5.3"
"""RFC 3463 section 3.6: servers say so at RCPT once a session has had its messages."""


class Settlement:
    """The messages in flight on one connection, and the outcomes of those that were.

    - `lost`: how the connection ended, if it did; `lost_in_flight`: something was in flight then.
    - `sender_rejected`: why nobody can be mailed.
    - `spent`: the reply by which the server takes no more messages on this connection.
    - `refused_at_once`: the message so refused, where none was taken before.
    - `pipelines`: commands are sent in groups.
    """

    pipelines = True

    def __init__(
        self,
        peer: Peer,
        transport: Transport,
        queue: deque[InFlightMessage],
        journal: Journal,
    ) -> None:
        self.peer = peer
        self.transport = transport
        self.lost: ConnectionLostError | None = None
        self.lost_in_flight = False
        self.sender_rejected: ProviderError | None = None
        self.spent: Reply | None = None
        self.refused_at_once: InFlightMessage | None = None
        self._queue = queue
        self._begun = BegunMessages(transport, journal)
        self._in_flight: deque[InFlightMessage] = deque()
        self._closing: Reply | None = None
        self._outcomes: list[Outcome] = []

    def take_outcomes(self) -> list[Outcome]:
        """Return what was settled since this was last asked."""
        outcomes, self._outcomes = self._outcomes, []
        return outcomes

    def _accept(self, message: InFlightMessage, text: bytes) -> None:
        # Not always the oldest: a message with a rejected recipient is settled out of turn.
        self._in_flight.remove(message)
        who, peer = message.personalization, self.peer
        peer.accepted += 1
        if peer.window < peer.max_window:
            peer.window += 1
        self._outcomes.append(Accepted(who.delivery_id, queue_id(text) or who.token))

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
