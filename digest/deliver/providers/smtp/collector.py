"""Follows what connections settled, and draws conclusions from those that end.

A connection on which the server takes no more (421, or 4xx to MAIL or DATA) is left, and a fresh
one is tried; where that refuses its first message, the run ends with ProviderBusyError. What a
lost connection had not begun goes over another one, once: a recipient at whom two connections
broke is deferred. Two connections in a row that end with bodies unanswered end the run, so that a
server in trouble leaves few deliveries unknown; connections that were open side by side when it
went away count as one.
"""

from digest.deliver.bounce_policy.failure import Stage
from digest.deliver.providers.base import (
    Outcome,
    ProviderBusyError,
    ProviderError,
    Rejected,
    Unknown,
)
from digest.deliver.providers.smtp.connection.state import InFlightMessage
from digest.deliver.providers.smtp.errors import ConnectionLostError, ReplyTimeoutError
from digest.deliver.providers.smtp.limits import (
    BUSY_SECONDS,
    LOSS_DIVISOR,
    MAX_FRESH_REFUSALS,
    MAX_TRIES,
    MAX_UNANSWERED,
)
from digest.deliver.providers.smtp.pending import PendingConnections
from digest.deliver.providers.smtp.pool_state import PoolState
from digest.deliver.providers.smtp.pooled import Pooled, Sockets
from digest.deliver.providers.smtp.reply import Reply, rejected
from digest.message.personalization import Personalization

BAD_CONNECTION = "4.4.2"
"""RFC 3463 section 3.5: bad connection; nothing of the message was submitted."""
SERVER_IN_TROUBLE = "the server went away in the middle of messages, twice in a row"


class OutcomeCollector:
    """Collects outcomes, and removes connections that have ended from a pool."""

    def __init__(self, state: PoolState, pending: PendingConnections, sockets: Sockets) -> None:
        self._state = state
        self._pending = pending
        self._sockets = sockets
        # Refused for now on two fresh connections, and others are still to show whose fault it is.
        self._aside: list[InFlightMessage] = []
        self._aside_reply: Reply | None = None

    def collect(self, one: Pooled, outcomes: list[Outcome]) -> bool:
        """Keep the outcomes, and remove a connection that has ended; return whether it goes on."""
        state, connection = self._state, one.connection
        state.outcomes += outcomes
        self._count_unanswered(one, outcomes)
        if connection.sender_rejected:
            state.stop(connection.sender_rejected)
        ended = bool(connection.lost) or connection.finished
        if ended:
            self._remove(one)
        if state.stopped:
            state.queue.clear()
        return not ended

    def reject_aside(self) -> list[Outcome]:
        """Reject for now what was aside; others were taken since."""
        aside, self._aside = self._aside, []
        reply = self._aside_reply
        return [rejected(one.personalization, reply) for one in aside] if reply else []

    def _count_unanswered(self, one: Pooled, outcomes: list[Outcome]) -> None:
        """Count connections in a row that ended unanswered."""
        state = self._state
        if state.unanswered and any(not isinstance(each, Unknown) for each in outcomes):
            state.unanswered = 0
            for each in state.pooled:
                each.generation = 0
        if one.connection.lost and outcomes and isinstance(outcomes[-1], Unknown):
            state.unanswered = max(state.unanswered, one.generation + 1)
            self._narrow()

    def _remove(self, one: Pooled) -> None:
        state = self._state
        self._sockets.remove(one)
        state.pooled.remove(one)
        self._count(one)
        self._distrust(one)
        if one.connection.refused_at_once and one.connection.spent:
            self._refuse_fresh(one.connection.refused_at_once, one.connection.spent)
        lost = one.connection.lost
        if not lost:
            one.transport.detach()
            self._pending.close(one.client)
            return
        one.client.abort()
        if state.queue and state.queue[0].tries >= MAX_TRIES:
            state.unanswered = max(state.unanswered, one.generation + 1)
            state.outcomes.append(_deferred(state.queue.popleft().personalization, lost))
        if state.unanswered >= MAX_UNANSWERED:
            state.stop(ProviderError(SERVER_IN_TROUBLE))

    def _count(self, one: Pooled) -> None:
        state = self._state
        if not one.connection.lost:
            state.known_window = one.client.peer.window // 2
        state.accepted += one.client.peer.accepted - one.accepted_before
        state.refused += one.connection.refusals

    def _refuse_fresh(self, message: InFlightMessage, reply: Reply) -> None:
        """A fresh connection refused its first message for now: of all, or of this one alone?"""
        state = self._state
        if any(one.client.peer.accepted for one in state.pooled):
            # The server takes no more connections than these; the run goes on over them.
            state.max_connections = len(state.pooled)
            return
        message.refusals += 1
        if reply.stage in {Stage.RCPT, Stage.DATA} and not self._aside:
            if message.refusals >= MAX_FRESH_REFUSALS and message in state.queue:
                state.queue.remove(message)
                self._aside.append(message)
                self._aside_reply = reply
            return
        # What is aside was not submitted either, so its try does not count.
        self._aside.clear()
        state.stop(ProviderBusyError(f"the server takes no more for now: {reply}", BUSY_SECONDS))

    def _narrow(self) -> None:
        """Keep fewer bodies in flight, since some were lost."""
        state = self._state
        state.known_window = 0
        state.max_window = max(1, state.max_window // LOSS_DIVISOR)
        for one in state.pooled:
            peer = one.client.peer
            peer.max_window = state.max_window
            peer.window = min(peer.window, peer.max_window)

    def _distrust(self, one: Pooled) -> None:
        """Use plain connections from now on if this one may have been lost over pipelining."""
        connection = one.connection
        unconfirmed = connection.lost_in_flight and not connection.confirmed
        if connection.desynchronised or unconfirmed:
            timed_out = isinstance(connection.lost, ReplyTimeoutError)
            self._state.plain = True
            desynchronised = connection.desynchronised or timed_out
            self._state.misled = one.client.peer.window <= 1 and desynchronised


def _deferred(personalization: Personalization, lost: ConnectionLostError) -> Rejected:
    code = lost.reply.status if lost.reply else BAD_CONNECTION
    return Rejected(personalization.delivery_id, False, code, str(lost))
