"""What a connection keeps track of: the server at the other end, and messages in flight."""

from collections.abc import Callable
from dataclasses import dataclass

from digest.deliver.providers.smtp.reply import Reply, Stage
from digest.message.personalization import Personalization

# Looked up once: naming a member of an Enum takes longer than comparing it.
RSET, MAIL, RCPT, DATA, BODY = Stage
Compose = Callable[[Personalization], bytes]
"""Composes a message with CRLF line ends and no line that begins with a dot."""


@dataclass(slots=True)
class Peer:
    """What is known of the server at the other end; it outlives a run.

    `extensions` are EHLO keywords in lower case, timeouts are in seconds. `in_transaction`: the
    next message needs an RSET first. `window` is how many bodies may be in flight at once; 0
    until the server has shown that it takes a group of commands.
    """

    extensions: frozenset[str]
    command_timeout: float
    body_timeout: float
    in_transaction: bool = False
    window: int = 0


@dataclass(slots=True, eq=False)
class InFlightMessage:
    """One recipient's message on its way.

    `tries` counts connections lost before its body began. `body_at` is where its body begins
    among all octets queued. `failure` is the first reply that said no. `settled`: its outcome is
    known, though replies to it are still to come.
    """

    personalization: Personalization
    tries: int = 0
    body_at: int | None = None
    failure: Reply | None = None
    settled: bool = False
