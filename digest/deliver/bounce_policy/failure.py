"""What a failed delivery means: the classes and causes that `classify.classify_reply` returns."""

from enum import StrEnum
from typing import NamedTuple

from digest.deliver.bounce_policy.bounce_type import BounceType


class Stage(StrEnum):
    """The SMTP command that a reply answers."""

    CONNECT = "connect"
    EHLO = "ehlo"
    """EHLO, HELO, STARTTLS and AUTH."""
    RSET = "rset"
    """Between two messages: the next one has not begun."""
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"
    """The end of the message's data, or BDAT LAST."""


BEFORE_RECIPIENT = frozenset({Stage.CONNECT, Stage.EHLO, Stage.RSET, Stage.MAIL})
"""No recipient was named yet, so the reply can't be about one."""


class FailureClass(StrEnum):
    HARD = "hard"
    """The mailbox or its domain does not exist, or was switched off for good."""
    SOFT = "soft"
    """Temporary, or about the state of the mailbox or its server."""
    SENDER = "sender"
    """About us: our host, domain, account, rate or message."""
    UNKNOWN = "unknown"


class Cause(StrEnum):
    """Why, in words that can be counted and shown."""

    NO_MAILBOX = "no such mailbox"
    DISABLED = "mailbox disabled"
    NO_DOMAIN = "no such domain"
    BAD_ADDRESS = "malformed address"
    FULL = "mailbox full"
    GREYLISTED = "greylisted"
    BUSY = "mailbox busy"
    TEMPORARY = "temporary failure"
    UNREACHABLE = "server unreachable"
    SENDER_ADDRESS = "sender address rejected"
    RELAYING = "relaying denied"
    AUTHENTICATION = "authentication failed"
    BLOCKLIST = "blocklist or reputation"
    RATE = "rate limit or quota"
    SIZE = "message too large"
    CONTENT = "content rejected"
    POLICY = "policy"
    PROTOCOL = "protocol error"
    ROUTING = "mail loop or routing"
    OTHER = "no known words"


class Failure(NamedTuple):
    """`enhanced` is the enhanced status code that was believed; None if there was none."""

    failure_class: FailureClass
    cause: Cause
    enhanced: str | None = None

    def bounce_type(self) -> BounceType:
        """Returns what a bounce report or a provider's webhook with this meaning counts as.

        A full mailbox never counts: its owner may be on holiday.
        """
        if self.failure_class is FailureClass.HARD:
            return BounceType.HARD
        if self.failure_class is FailureClass.SENDER or self.cause is Cause.FULL:
            return BounceType.NONE
        return BounceType.SOFT

    def bounce_type_at(self, stage: Stage | None) -> BounceType:
        """Returns the same for a reply that we were given ourselves, as an SMTP client.

        A relay's own trouble, a temporary failure and unknown words never count: they would count
        against every recipient mailed through that relay.
        """
        found = self.bounce_type()
        if found is BounceType.SOFT and (stage is not Stage.RCPT or self.cause is not Cause.BUSY):
            return BounceType.NONE
        return found
