"""How an SMTP connection ends early.

All of these stay inside the provider: the pool turns them into outcomes.
"""

from digest.deliver.providers.smtp.reply import Reply
from store.errors import DigestError


class ConnectionLostError(DigestError):
    """The connection ended or is of no more use. `reply` is the server's 421, if it sent one."""

    reply: Reply | None = None


class ReplyTimeoutError(ConnectionLostError):
    """The connection stands, but no reply came in time."""


class GarbledReplyError(ConnectionLostError):
    """The server sent something that is no reply, so nothing after it can be matched."""


class UnexpectedReplyError(ConnectionLostError):
    """The server sent a reply that doesn't answer the command it was asked."""


class ServiceClosingError(ConnectionLostError):
    """The server closed the connection with a 421 (RFC 5321 section 3.8)."""
