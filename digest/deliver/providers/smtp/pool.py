"""Several connections, one thread: a message goes to whichever connection has capacity.

A connection on which the server takes no more (421, or 4xx to MAIL or DATA) is left, and a fresh
one is tried; where that refuses its first message, the run ends with ProviderBusyError.

The first connection shows how the server can be talked to; the others are opened once it has. What
a lost connection had not begun goes over another one, once: a recipient at whom two connections
broke is deferred. Two connections in a row that end with bodies unanswered end the run, so that a
server in trouble leaves few deliveries unknown; connections that were open side by side when it
went away count as one.
"""

import logging
import selectors
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from digest.deliver.bounce_policy.failure import Stage
from digest.deliver.providers.base import (
    NO_JOURNAL,
    Journal,
    Outcome,
    ProviderBusyError,
    ProviderError,
    Rejected,
    SubmissionStoppedError,
    Unknown,
    never,
)
from digest.deliver.providers.smtp.client import SmtpClient
from digest.deliver.providers.smtp.connection.base import Connection
from digest.deliver.providers.smtp.connection.chunked import ChunkedConnection
from digest.deliver.providers.smtp.connection.pipelined import PipelinedConnection
from digest.deliver.providers.smtp.connection.plain import PlainConnection
from digest.deliver.providers.smtp.connection.state import InFlightMessage
from digest.deliver.providers.smtp.errors import ConnectionLostError, ReplyTimeoutError
from digest.deliver.providers.smtp.limits import (
    ACCEPTED_PER_REFUSAL,
    BUSY_SECONDS,
    LOSS_DIVISOR,
    MAX_FRESH_REFUSALS,
    MAX_TRIES,
    MAX_UNANSWERED,
    MAX_WINDOW,
    POLL_SECONDS,
    TURN_SECONDS,
)
from digest.deliver.providers.smtp.pending import PendingConnections
from digest.deliver.providers.smtp.reply import Reply, rejected
from digest.deliver.providers.smtp.send_options import SendOptions
from digest.deliver.providers.smtp.transport import SocketTransport
from digest.deliver.providers.wire_address import reject_non_ascii, to_wire_address
from digest.message.personalization import Personalization

BAD_CONNECTION = "4.4.2"
"""RFC 3463 section 3.5: bad connection; nothing of the message was submitted."""
SERVER_IN_TROUBLE = "the server went away in the middle of messages, twice in a row"
READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Pooled:
    """A connection in the pool.

    `last_progress` is on the pool's clock; `generation` is how many connections in a row had
    ended unanswered when it was opened.
    """

    client: SmtpClient
    transport: SocketTransport
    connection: Connection
    generation: int
    accepted_before: int
    last_progress: float = 0.0
    writing: bool = False


class ConnectionPool:
    """Send one stream of batches.

    `misled` is set if the server can't do what it offers. `accepted` counts messages.
    """

    def __init__(
        self,
        options: SendOptions,
        open_client: Callable[[], SmtpClient],
        tick: Callable[[], float] = time.monotonic,
        journal: Journal = NO_JOURNAL,
    ) -> None:
        self._journal = journal
        self.misled = False
        self.accepted = 0
        self._options = options
        self._open_client = open_client
        self._tick = tick
        self._plain = options.plain
        self._max_connections = options.connections
        self._max_window = MAX_WINDOW
        # What connections that ended well had reached; the next ones need not begin anew.
        self._known_window = 0
        self._refused = 0
        self._queue: deque[InFlightMessage] = deque()
        # Refused for now on two fresh connections, and others are still to show whose fault it is.
        self._aside: list[InFlightMessage] = []
        self._aside_reply: Reply | None = None
        self._outcomes: list[Outcome] = []
        self._pooled: dict[int, _Pooled] = {}
        self._smtputf8 = False
        self._exhausted = False
        self._next_poll = 0.0
        self._unanswered = 0
        self._stopped: ProviderError | None = None
        self._pending = PendingConnections(open_client)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._pending.wakeup, READ)

    def run(
        self,
        batches: Iterable[Sequence[Personalization]],
        should_stop: Callable[[], bool] = never,
    ) -> Iterator[list[Outcome]]:
        """Send the batches and yield outcomes as they come, at least every TURN_SECONDS.

        Raises ProviderError when nobody can be mailed, once everything in flight is settled.
        """
        source = iter(batches)
        while True:
            if should_stop():
                self._stop(SubmissionStoppedError())
            if len(self._queue) < MAX_WINDOW and not (self._exhausted or self._stopped):
                self._pull(source)
            self._turn()
            outcomes, self._outcomes = self._outcomes, []
            yield outcomes
            if not self._queue and not self._busy():
                if self._stopped:
                    raise self._stopped
                if self._exhausted:
                    yield self._reject_aside()
                    return

    def release(self) -> list[SmtpClient]:
        """End the run wherever it is; return the connections that another run may use."""
        free = []
        for one in self._pooled.values():
            if one.connection.busy:
                # Stopped in mid-exchange: the next reply would be taken for another's.
                one.client.abort()
            else:
                one.transport.detach()
                free.append(one.client)
        self._pooled.clear()
        self._selector.close()
        self._pending.end()
        return free

    def _busy(self) -> bool:
        return any(one.connection.busy for one in self._pooled.values())

    def _pull(self, source: Iterator[Sequence[Personalization]]) -> None:
        """Take batches until every connection has something to do."""
        if self._tick() < self._next_poll:
            return
        capacity = sum(one.connection.capacity for one in self._pooled.values())
        while len(self._queue) <= min(capacity, MAX_WINDOW):
            batch = next(source, None)
            if batch is None:
                self._exhausted = True
                return
            if not batch:
                self._next_poll = self._tick() + POLL_SECONDS
                return
            if not self._pooled:
                self._open_first()
            if self._stopped:
                return
            self._enqueue(batch)

    def _enqueue(self, batch: Sequence[Personalization]) -> None:
        """Queue the recipients with a usable address; reject the others."""
        for personalization in batch:
            ready = to_wire_address(personalization)
            if (
                isinstance(ready, Personalization)
                and not self._smtputf8
                and not ready.email.isascii()
            ):
                ready = reject_non_ascii(ready, self._options.server)
            if isinstance(ready, Rejected):
                self._outcomes.append(ready)
            else:
                self._queue.append(InFlightMessage(ready))

    def _turn(self) -> None:
        """Give every connection that has something to do a turn; wait if none has."""
        if self._queue and len(self._pooled) < self._max_connections:
            self._open_more()
        ready = {key.fd: events for key, events in self._selector.select(self._wait_seconds())}
        if self._pending.wakeup.fileno() in ready:
            self._add_opened()
        now = self._tick()
        for number, one in list(self._pooled.items()):
            events, connection = ready.get(number, 0), one.connection
            if events or (self._queue and not connection.busy):
                self._advance(one, now, readable=bool(events & READ))
            elif not connection.busy:
                continue
            if connection.busy and now - one.last_progress > connection.reply_timeout:
                lost = ReplyTimeoutError("no answer in time")
                self._collect(one, connection.give_up(lost))
            self._maintain(number, one)

    def _advance(self, one: _Pooled, now: float, *, readable: bool) -> None:
        """Give a connection its turn. A reply that drips in is no progress until it is whole."""
        connection, transport = one.connection, one.transport
        rested = not connection.busy
        before = (transport.sent, connection.replies)
        self._collect(one, connection.turn(readable=readable))
        if rested or (transport.sent, connection.replies) != before:
            one.last_progress = now

    def _wait_seconds(self) -> float:
        """Return the seconds until something has to be looked at."""
        busy = [one for one in self._pooled.values() if one.connection.busy]
        if self._queue and len(busy) < len(self._pooled):
            return 0.0
        if not busy and not self._queue and (self._exhausted or self._stopped):
            return 0.0
        now = self._tick()
        wait = POLL_SECONDS if self._next_poll > now else TURN_SECONDS
        for one in busy:
            wait = min(wait, one.last_progress + one.connection.reply_timeout - now)
        return max(0.0, wait)

    def _collect(self, one: _Pooled, outcomes: list[Outcome]) -> None:
        """Keep the outcomes, and count connections in a row that ended unanswered."""
        self._outcomes += outcomes
        if self._unanswered and any(not isinstance(each, Unknown) for each in outcomes):
            self._unanswered = 0
            for each in self._pooled.values():
                each.generation = 0
        if one.connection.lost and outcomes and isinstance(outcomes[-1], Unknown):
            self._unanswered = max(self._unanswered, one.generation + 1)
            self._narrow()

    def _maintain(self, number: int, one: _Pooled) -> None:
        """Wait for the socket to be writable if need be; remove a connection that has ended."""
        connection = one.connection
        if connection.sender_rejected:
            self._stop(connection.sender_rejected)
        if connection.lost or connection.finished:
            self._remove(number, one)
        elif (one.transport.backlog > 0) != one.writing:
            one.writing = not one.writing
            self._selector.modify(one.transport.socket, READ | WRITE if one.writing else READ)
        if self._stopped:
            self._queue.clear()

    def _remove(self, number: int, one: _Pooled) -> None:
        self._selector.unregister(one.transport.socket)
        del self._pooled[number]
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
        if self._queue and self._queue[0].tries >= MAX_TRIES:
            self._unanswered = max(self._unanswered, one.generation + 1)
            self._outcomes.append(_deferred(self._queue.popleft().personalization, lost))
        if self._unanswered >= MAX_UNANSWERED:
            self._stop(ProviderError(SERVER_IN_TROUBLE))

    def _count(self, one: _Pooled) -> None:
        if not one.connection.lost:
            self._known_window = one.client.peer.window // 2
        self.accepted += one.client.peer.accepted - one.accepted_before
        self._refused += one.connection.refusals

    def _refuse_fresh(self, message: InFlightMessage, reply: Reply) -> None:
        """A fresh connection refused its first message for now: of all, or of this one alone?"""
        if any(one.client.peer.accepted for one in self._pooled.values()):
            # The server takes no more connections than these; the run goes on over them.
            self._max_connections = len(self._pooled)
            return
        message.refusals += 1
        if reply.stage in {Stage.RCPT, Stage.DATA} and not self._aside:
            if message.refusals >= MAX_FRESH_REFUSALS and message in self._queue:
                self._queue.remove(message)
                self._aside.append(message)
                self._aside_reply = reply
            return
        # What is aside was not submitted either, so its try does not count.
        self._aside.clear()
        self._stop(ProviderBusyError(f"the server takes no more for now: {reply}", BUSY_SECONDS))

    def _reject_aside(self) -> list[Outcome]:
        """Reject for now what was aside; others were taken since."""
        aside, self._aside = self._aside, []
        reply = self._aside_reply
        return [rejected(one.personalization, reply) for one in aside] if reply else []

    def _narrow(self) -> None:
        """Keep fewer bodies in flight, since some were lost."""
        self._known_window = 0
        self._max_window = max(1, self._max_window // LOSS_DIVISOR)
        for one in self._pooled.values():
            peer = one.client.peer
            peer.max_window = self._max_window
            peer.window = min(peer.window, peer.max_window)

    def _distrust(self, one: _Pooled) -> None:
        """Use plain connections from now on if this one may have been lost over pipelining."""
        connection = one.connection
        unconfirmed = connection.lost_in_flight and not connection.confirmed
        if connection.desynchronised or unconfirmed:
            timed_out = isinstance(connection.lost, ReplyTimeoutError)
            self._plain = True
            self.misled = one.client.peer.window <= 1 and (connection.desynchronised or timed_out)

    def _stop(self, why: ProviderError) -> None:
        self._stopped = self._stopped or why
        self._queue.clear()

    def _open_first(self) -> None:
        try:
            self._add(self._open_client())
        except ProviderError as error:
            self._stop(error)

    def _open_more(self) -> None:
        """Open as many connections as there is work for, once one of them is confirmed."""
        free = self._max_connections - len(self._pooled) - self._pending.count
        if free <= 0:
            return
        if self._confirmed():
            idle = sum(not one.connection.busy for one in self._pooled.values())
            self._pending.open(max(0, min(free, len(self._queue) - idle)))
        elif not self._pooled and not self._pending.opening:
            self._open_first()

    def _confirmed(self) -> bool:
        return any(one.connection.confirmed for one in self._pooled.values())

    def _add_opened(self) -> None:
        for opened in self._pending.take_opened():
            if isinstance(opened, ProviderError):
                # The server takes no more than these; the run goes on over them.
                log.warning("no further connection: %s", opened)
                self._max_connections = max(1, len(self._pooled))
            else:
                self._add(opened)

    def _add(self, client: SmtpClient) -> None:
        options, transport = self._options, client.transport()
        connection = self._style(client)(
            client.peer,
            transport,
            options.sender,
            options.compose,
            self._queue,
            limit=options.messages,
            journal=self._journal,
        )
        client.peer.max_window = self._max_window
        client.peer.window = min(max(client.peer.window, self._known_window), self._max_window)
        self._smtputf8 = "smtputf8" in client.peer.extensions
        self._pooled[transport.socket.fileno()] = _Pooled(
            client, transport, connection, self._unanswered, client.peer.accepted
        )
        self._selector.register(transport.socket, READ)

    def _style(self, client: SmtpClient) -> type[Connection]:
        extensions = client.peer.extensions
        if self._plain or "pipelining" not in extensions:
            return PlainConnection
        if "chunking" not in extensions or self._often_refused():
            return PipelinedConnection
        return ChunkedConnection

    def _often_refused(self) -> bool:
        """True where a refusal among chunks in flight is to be expected on each connection."""
        refused = self._refused + sum(one.connection.refusals for one in self._pooled.values())
        accepted = self.accepted + sum(
            one.client.peer.accepted - one.accepted_before for one in self._pooled.values()
        )
        return refused * ACCEPTED_PER_REFUSAL > accepted


def _deferred(personalization: Personalization, lost: ConnectionLostError) -> Rejected:
    code = lost.reply.status if lost.reply else BAD_CONNECTION
    return Rejected(personalization.delivery_id, False, code, str(lost))
