"""Several connections, one thread: a message goes to whichever connection has capacity.

A turn reads what all connections were answered, hands those outcomes on, and then writes to all of
them. So the journal learns of every answer before anything else is begun, and of all that begins
in a turn at once.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from digest.deliver.providers.base import (
    NO_JOURNAL,
    Journal,
    Outcome,
    Rejected,
    SubmissionStoppedError,
    never,
)
from digest.deliver.providers.smtp.client import SmtpClient
from digest.deliver.providers.smtp.collector import OutcomeCollector
from digest.deliver.providers.smtp.connection.state import InFlightMessage
from digest.deliver.providers.smtp.errors import ReplyTimeoutError
from digest.deliver.providers.smtp.limits import MAX_WINDOW, POLL_SECONDS, TURN_SECONDS
from digest.deliver.providers.smtp.opener import ConnectionOpener
from digest.deliver.providers.smtp.pending import PendingConnections
from digest.deliver.providers.smtp.pool_state import PoolState
from digest.deliver.providers.smtp.pooled import READ, Pooled, Sockets
from digest.deliver.providers.smtp.send_options import SendOptions
from digest.deliver.providers.wire_address import reject_non_ascii, to_wire_address
from digest.message.personalization import Personalization


class ConnectionPool:
    """Send one stream of batches."""

    def __init__(
        self,
        options: SendOptions,
        open_client: Callable[[], SmtpClient],
        tick: Callable[[], float] = time.monotonic,
        journal: Journal = NO_JOURNAL,
    ) -> None:
        self._journal = journal
        self._tick = tick
        self._state = PoolState(options, options.plain, options.connections)
        self._exhausted = False
        self._next_poll = 0.0
        # When to look whether a connection has to be given up.
        self._check_at = 0.0
        # The connections that are to be given a turn to write.
        self._ready: list[Pooled] = []
        self._pending = PendingConnections(open_client)
        self._sockets = Sockets(self._pending.wakeup)
        self._opener = ConnectionOpener(
            self._state, open_client, self._pending, self._sockets, journal
        )
        self._collector = OutcomeCollector(self._state, self._pending, self._sockets)

    @property
    def misled(self) -> bool:
        """True if the server can't do what it offers."""
        return self._state.misled

    @property
    def accepted(self) -> int:
        """How many messages were accepted on connections that have ended."""
        return self._state.accepted

    def run(
        self,
        batches: Iterable[Sequence[Personalization]],
        should_stop: Callable[[], bool] = never,
    ) -> Iterator[list[Outcome]]:
        """Send the batches and yield outcomes as they come, at least every TURN_SECONDS.

        Raises ProviderError when nobody can be mailed, once everything in flight is settled.
        """
        source, state = iter(batches), self._state
        while True:
            if should_stop():
                state.stop(SubmissionStoppedError())
            if len(state.queue) < MAX_WINDOW and not (self._exhausted or state.stopped):
                self._pull(source)
            self._send()
            if state.outcomes:
                yield state.take_outcomes()
            self._receive()
            yield state.take_outcomes()
            if not state.queue and not state.busy:
                if state.stopped:
                    raise state.stopped
                if self._exhausted:
                    yield self._collector.reject_aside()
                    return

    def release(self) -> list[SmtpClient]:
        """End the run wherever it is; return the connections that another run may use."""
        free = []
        for one in self._state.pooled:
            if one.connection.busy:
                # Stopped in mid-exchange: the next reply would be taken for another's.
                one.client.abort()
            else:
                one.transport.detach()
                free.append(one.client)
        self._state.pooled.clear()
        self._sockets.close()
        self._pending.end()
        return free

    def _pull(self, source: Iterator[Sequence[Personalization]]) -> None:
        """Take batches until every connection has something to do."""
        if self._tick() < self._next_poll:
            return
        state = self._state
        capacity = sum(one.connection.capacity for one in state.pooled)
        while len(state.queue) <= min(capacity, MAX_WINDOW):
            batch = next(source, None)
            if batch is None:
                self._exhausted = True
                return
            if not batch:
                self._next_poll = self._tick() + POLL_SECONDS
                return
            if not state.pooled:
                self._opener.open_first()
            if state.stopped:
                return
            self._enqueue(batch)

    def _enqueue(self, batch: Sequence[Personalization]) -> None:
        """Queue the recipients with a usable address; reject the others."""
        state = self._state
        for personalization in batch:
            ready = to_wire_address(personalization)
            if (
                isinstance(ready, Personalization)
                and not state.smtputf8
                and not ready.email.isascii()
            ):
                ready = reject_non_ascii(ready, state.options.server)
            if isinstance(ready, Rejected):
                state.outcomes.append(ready)
            else:
                state.queue.append(InFlightMessage(ready))

    def _send(self) -> None:
        """Write to all connections that can go on; what they begin is noted at once before."""
        state = self._state
        if state.queue and len(state.pooled) < state.max_connections:
            self._opener.open_more()
        active, self._ready = self._ready, []
        if state.queue:
            idle = [one for one in state.pooled if not one.connection.busy]
            active += [one for one in idle if one not in active]
        if not active:
            return
        now = self._tick()
        before = [(one.connection.busy, one.transport.sent) for one in active]
        if begun := [each for one in active for each in one.connection.prepare()]:
            self._journal.begun(begun)
        for one, (was_busy, sent) in zip(active, before, strict=True):
            connection = one.connection
            connection.transmit()
            if not was_busy or one.transport.sent != sent:
                one.last_progress = now
            self._sockets.watch_backlog(one)
            if not was_busy or connection.sender_rejected:
                self._collector.collect(one, connection.take_outcomes())

    def _receive(self) -> None:
        """Wait for replies, and read those of every connection that has some."""
        found = self._sockets.wait(self._wait_seconds())
        now = self._tick()
        for one, events in found.connections:
            if not events & READ or self._read(one, now):
                self._ready.append(one)
        if found.woken:
            self._opener.add_opened()
        if now >= self._check_at:
            self._give_up_late(now)

    def _read(self, one: Pooled, now: float) -> bool:
        """Read a connection's replies; return False if it has ended.

        A reply that drips in is no progress until it is whole.
        """
        connection = one.connection
        replies = connection.replies
        connection.receive()
        if replies != connection.replies:
            one.last_progress = now
        return self._collector.collect(one, connection.take_outcomes())

    def _give_up_late(self, now: float) -> None:
        """Give up connections on which nothing has moved for too long."""
        for one in self._state.pooled.copy():
            connection = one.connection
            if connection.busy and now - one.last_progress > connection.reply_timeout:
                lost = ReplyTimeoutError("no answer in time")
                self._collector.collect(one, connection.give_up(lost))
        self._ready = [one for one in self._ready if not one.connection.lost]
        self._schedule_check(now)

    def _schedule_check(self, now: float) -> None:
        """Note when a connection may have to be given up: looking at each turn takes longer.

        One that is not busy now has at least the shortest timeout from now on.
        """
        soon = now + TURN_SECONDS
        for one in self._state.pooled:
            peer = one.connection.peer
            soon = min(soon, now + peer.command_timeout, now + peer.body_timeout)
            if one.connection.busy:
                soon = min(soon, one.last_progress + one.connection.reply_timeout)
        self._check_at = soon

    def _wait_seconds(self) -> float:
        """Return the seconds until something has to be looked at."""
        state = self._state
        if state.queue:
            if not all(one.connection.busy for one in state.pooled):
                return 0.0
        elif (self._exhausted or state.stopped) and not state.busy:
            return 0.0
        now = self._tick()
        if now >= self._check_at:
            self._schedule_check(now)
        wait = POLL_SECONDS if self._next_poll > now else TURN_SECONDS
        return max(0.0, min(wait, self._check_at - now))
