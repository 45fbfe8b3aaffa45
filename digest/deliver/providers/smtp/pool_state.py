"""What a pool knows in one run: its connections, what is queued, and what the server has shown."""

from collections import deque
from dataclasses import dataclass, field

from digest.deliver.providers.base import Outcome, ProviderError
from digest.deliver.providers.smtp.connection.state import InFlightMessage
from digest.deliver.providers.smtp.limits import MAX_WINDOW
from digest.deliver.providers.smtp.pooled import Pooled
from digest.deliver.providers.smtp.send_options import SendOptions


@dataclass(slots=True)
class PoolState:
    """The state of one run.

    `plain`: new connections send one command at a time. `misled`: the server can't do what it
    offers. `accepted` and `refused` count messages on connections that have ended. `known_window`
    is what those that ended well had reached, so that the next ones need not begin anew.
    `unanswered` counts connections in a row that ended with bodies unanswered. `stopped` is why
    nothing more is begun.
    """

    options: SendOptions
    plain: bool
    max_connections: int
    queue: deque[InFlightMessage] = field(default_factory=deque)
    outcomes: list[Outcome] = field(default_factory=list)
    pooled: list[Pooled] = field(default_factory=list)
    smtputf8: bool = False
    misled: bool = False
    accepted: int = 0
    refused: int = 0
    max_window: int = MAX_WINDOW
    known_window: int = 0
    unanswered: int = 0
    stopped: ProviderError | None = None

    @property
    def busy(self) -> bool:
        """True while a reply is awaited on any connection."""
        return any(one.connection.busy for one in self.pooled)

    def stop(self, why: ProviderError) -> None:
        """Begin nothing more; the first reason counts."""
        self.stopped = self.stopped or why
        self.queue.clear()

    def take_outcomes(self) -> list[Outcome]:
        """Return what was settled since this was last asked."""
        outcomes, self.outcomes = self.outcomes, []
        return outcomes
