"""Opens connections as they are needed, in the fastest style that the server can be talked to in.

The first connection shows how that is; the others are opened once it has.
"""

import logging
from collections.abc import Callable

from digest.deliver.providers.base import Journal, ProviderError
from digest.deliver.providers.smtp.client import SmtpClient
from digest.deliver.providers.smtp.connection.base import Connection
from digest.deliver.providers.smtp.connection.chunked import ChunkedConnection
from digest.deliver.providers.smtp.connection.pipelined import PipelinedConnection
from digest.deliver.providers.smtp.connection.plain import PlainConnection
from digest.deliver.providers.smtp.limits import ACCEPTED_PER_REFUSAL
from digest.deliver.providers.smtp.pending import PendingConnections
from digest.deliver.providers.smtp.pool_state import PoolState
from digest.deliver.providers.smtp.pooled import Pooled, Sockets

log = logging.getLogger(__name__)


class ConnectionOpener:
    """Adds connections to a pool."""

    def __init__(
        self,
        state: PoolState,
        open_client: Callable[[], SmtpClient],
        pending: PendingConnections,
        sockets: Sockets,
        journal: Journal,
    ) -> None:
        self._state = state
        self._open_client = open_client
        self._pending = pending
        self._sockets = sockets
        self._journal = journal

    def open_first(self) -> None:
        """Open a connection and wait for it; the run stops where that can't be done."""
        try:
            self._add(self._open_client())
        except ProviderError as error:
            self._state.stop(error)

    def open_more(self) -> None:
        """Open as many connections as there is work for, once one of them is confirmed."""
        state = self._state
        free = state.max_connections - len(state.pooled) - self._pending.count
        if free <= 0:
            return
        if any(one.connection.confirmed for one in state.pooled):
            idle = sum(not one.connection.busy for one in state.pooled)
            self._pending.open(max(0, min(free, len(state.queue) - idle)))
        elif not state.pooled and not self._pending.opening:
            self.open_first()

    def add_opened(self) -> None:
        """Add the connections that were opened meanwhile."""
        state = self._state
        for opened in self._pending.take_opened():
            if isinstance(opened, ProviderError):
                # The server takes no more than these; the run goes on over them.
                log.warning("no further connection: %s", opened)
                state.max_connections = max(1, len(state.pooled))
            else:
                self._add(opened)

    def _add(self, client: SmtpClient) -> None:
        state, transport, peer = self._state, client.transport(), client.peer
        connection = self._style(client)(
            peer,
            transport,
            state.options.sender,
            state.options.compose,
            state.queue,
            limit=state.options.messages,
            journal=self._journal,
        )
        peer.max_window = state.max_window
        peer.window = min(max(peer.window, state.known_window), state.max_window)
        state.smtputf8 = "smtputf8" in peer.extensions
        one = Pooled(client, transport, connection, state.unanswered, peer.accepted)
        state.pooled.append(one)
        self._sockets.add(one)

    def _style(self, client: SmtpClient) -> type[Connection]:
        extensions = client.peer.extensions
        if self._state.plain or "pipelining" not in extensions:
            return PlainConnection
        if "chunking" not in extensions or self._often_refused():
            return PipelinedConnection
        return ChunkedConnection

    def _often_refused(self) -> bool:
        """True where a refusal among chunks in flight is to be expected on each connection."""
        state = self._state
        refused = state.refused + sum(one.connection.refusals for one in state.pooled)
        accepted = state.accepted + sum(
            one.client.peer.accepted - one.accepted_before for one in state.pooled
        )
        return refused * ACCEPTED_PER_REFUSAL > accepted
