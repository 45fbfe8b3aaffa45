"""The options of one run over SMTP."""

from dataclasses import dataclass

from digest.deliver.providers.smtp.connection.state import Compose
from digest.deliver.providers.smtp.url import DEFAULT_MESSAGES


@dataclass(frozen=True, slots=True)
class SendOptions:
    """Options of one run: sender, connections, messages for each connection.

    A NUL in `sender` stands for each delivery's token. `server` is its name in outcomes. `plain`
    is for a server that must be sent one command at a time.
    """

    sender: str
    compose: Compose
    server: str
    connections: int = 1
    messages: int | None = DEFAULT_MESSAGES
    plain: bool = False
