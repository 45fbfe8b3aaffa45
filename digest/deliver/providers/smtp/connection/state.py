"""What a connection keeps track of: the server at the other end, and messages in flight."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from digest.deliver.bounce_policy.failure import Stage
from digest.deliver.providers.smtp.limits import MAX_WINDOW
from digest.deliver.providers.smtp.reply import Reply
from digest.message.personalization import Personalization

# Looked up once: naming a member of an Enum takes longer than comparing it.
RSET, MAIL, RCPT, DATA, BODY = Stage.RSET, Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.BODY
Compose = Callable[[Sequence[Personalization]], list[bytes]]
"""Composes messages with CRLF line ends and no line that begins with a dot, in order."""


@dataclass(slots=True)
class Peer:
    """What is known of the server at the other end; it outlives a run.

    `extensions` are EHLO keywords in lower case, timeouts are in seconds. `in_transaction`: the
    next message needs an RSET first. `window` is how many bodies may be in flight at once; 0
    until the server has shown that it takes a group of commands. `max_window` is the most that it
    grows to, `max_size` the octets of the largest message that the server takes (None: any).
    `started` and `accepted` count messages.
    """

    extensions: frozenset[str]
    command_timeout: float
    body_timeout: float
    in_transaction: bool = False
    window: int = 0
    max_window: int = MAX_WINDOW
    max_size: int | None = None
    started: int = 0
    accepted: int = 0


@dataclass(slots=True, eq=False)
class InFlightMessage:
    """One recipient's message on its way.

    `tries` counts connections lost before its body began. `body_at` is where its body begins
    among all octets queued. `failure` is the first reply that said no. `settled`: its outcome is
    known, though replies to it are still to come. `refusals` counts fresh connections on which it
    was the first message, and refused for now. `body` is the composed message while it waits in the
    queue; empty before that.
    """

    personalization: Personalization
    tries: int = 0
    body_at: int | None = None
    failure: Reply | None = None
    settled: bool = False
    refusals: int = 0
    body: bytes = b""
