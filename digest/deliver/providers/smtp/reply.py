"""What an SMTP server answered, and what it means for a delivery.

Sources: RFC 5321 section 4.2 (reply codes), RFC 2034 and RFC 3463 (enhanced status codes).
"""

import re
from dataclasses import dataclass
from enum import Enum, auto

from digest.deliver.bounce_policy.bounce_type import HARD_BOUNCE_REPLIES, HARD_BOUNCE_STATUSES
from digest.deliver.providers.base import ProviderError, Rejected
from digest.deliver.providers.wire_address import redact
from digest.message.personalization import Personalization
from store.errors import DigestError

OK = 250
START_INPUT = 354
SERVICE_CLOSING = 421
TOO_LARGE = 552
LONGEST_DETAIL = 400

_ENHANCED = re.compile(r"^([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)")
_QUEUE_ID = re.compile(rb"\b(?:queued as|id=)\s*<?([!-;=?-~]{1,180})", re.IGNORECASE)


class Stage(Enum):
    """Which question a reply answers."""

    RSET = auto()
    MAIL = auto()
    RCPT = auto()
    DATA = auto()
    BODY = auto()


@dataclass(frozen=True, slots=True)
class Reply:
    """`text` is one line, without the enhanced code that each of its lines may begin with."""

    stage: Stage
    code: int
    enhanced: str | None
    text: str

    def __str__(self) -> str:
        return f"{self.status} {self.text}".strip()

    @property
    def status(self) -> str:
        return f"{self.code} {self.enhanced}" if self.enhanced else str(self.code)

    @property
    def positive(self) -> bool:
        return 200 <= self.code < 300  # noqa: PLR2004 - RFC 5321 section 4.2.1

    @property
    def transient(self) -> bool:
        return 400 <= self.code < 500  # noqa: PLR2004 - RFC 5321 section 4.2.1

    @property
    def permanent(self) -> bool:
        return 500 <= self.code < 600  # noqa: PLR2004 - RFC 5321 section 4.2.1

    @property
    def about_address(self) -> bool:
        if not self.permanent or self.stage is Stage.MAIL:
            return False
        if self.enhanced:
            return self.enhanced in HARD_BOUNCE_STATUSES
        return self.stage is Stage.RCPT and self.code in HARD_BOUNCE_REPLIES


class ConnectionLostError(DigestError):
    """The connection is gone. `stalled`: it still stands, but nothing came in time."""

    def __init__(
        self,
        detail: str,
        *,
        stalled: bool = False,
        reply: Reply | None = None,
    ) -> None:
        super().__init__(detail)
        self.stalled = stalled
        self.reply = reply


def read_reply(stage: Stage, code: int, raw: bytes) -> Reply:
    """From the lines that smtplib hands over, reply codes already cut off."""
    lines = [line.strip() for line in raw.decode("utf-8", "replace").splitlines()]
    found = _ENHANCED.match(lines[0]) if lines else None
    text = " ".join(_ENHANCED.sub("", line, count=1) if found else line for line in lines)
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return Reply(stage, code, found[1] if found else None, printable[:LONGEST_DETAIL].strip())


def queue_id(text: bytes) -> str | None:
    """What the server calls the message it took, where it says so."""
    found = _QUEUE_ID.search(text)
    return found[1].decode("ascii") if found else None


def refusal(personalization: Personalization, reply: Reply) -> Rejected:
    return Rejected(
        personalization.delivery_id,
        permanent=reply.permanent,
        code=reply.status,
        detail=redact(reply.text),
        about_address=reply.about_address,
    )


def refused_sender(reply: Reply) -> None:
    """Raises ProviderError where the sender is refused: it would be for every recipient."""
    if reply.stage is Stage.MAIL and reply.permanent and reply.code != TOO_LARGE:
        raise ProviderError(f"the server refuses mail from SENDER: {reply}")
