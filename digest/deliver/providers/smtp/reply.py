"""Says what an SMTP reply means for a delivery.

Sources: RFC 5321 section 4.2 (reply codes), RFC 2034 and RFC 3463 (enhanced status codes).
"""

import re
from dataclasses import dataclass

from digest.deliver.bounce_policy.classify import classify_reply
from digest.deliver.bounce_policy.failure import Failure, Stage
from digest.deliver.providers.base import RefusedForAllError, Rejected
from digest.deliver.providers.smtp.limits import MAX_DETAIL
from digest.deliver.providers.wire_address import redact
from digest.message.personalization import Personalization

OK = 250
START_INPUT = 354
SERVICE_CLOSING = 421
TOO_LARGE = 552
OUT_OF_SEQUENCE = frozenset({500, 502, 503})
"""Unknown command or bad sequence: they speak of the commands, not of a recipient."""

_ENHANCED = re.compile(r"^([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)")
_QUEUE_ID = re.compile(rb"\b(?:queued as|id=)\s*<?([!-;=?-~]{1,180})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply to one command. `text` is one line, without enhanced status codes."""

    stage: Stage
    code: int
    enhanced: str | None
    text: str

    def __str__(self) -> str:
        return f"{self.status} {self.text}".strip()

    @property
    def status(self) -> str:
        """The code, and the enhanced status code if there is one: "550 5.1.1"."""
        return f"{self.code} {self.enhanced}" if self.enhanced else str(self.code)

    @property
    def transient(self) -> bool:
        """True for 4xx: the same command may succeed later."""
        return 400 <= self.code < 500  # noqa: PLR2004 - RFC 5321 section 4.2.1

    @property
    def permanent(self) -> bool:
        """True for 5xx."""
        return 500 <= self.code < 600  # noqa: PLR2004 - RFC 5321 section 4.2.1

    def classify(self, recipient: str = "") -> Failure:
        """Return what the bounce policy makes of it, for mail to `recipient`."""
        return classify_reply(str(self), self.stage, recipient=recipient)


def read_reply(stage: Stage, code: int, raw: bytes) -> Reply:
    """Interpret a reply: `raw` is its text, lines separated by LF and without codes."""
    lines = [line.strip() for line in raw.decode("utf-8", "replace").splitlines()]
    found = _ENHANCED.match(lines[0]) if lines else None
    text = " ".join(_ENHANCED.sub("", line, count=1) if found else line for line in lines)
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return Reply(stage, code, found[1] if found else None, printable[:MAX_DETAIL].strip())


def queue_id(text: bytes) -> str | None:
    """Return the server's id of the message it accepted, if it says one."""
    found = _QUEUE_ID.search(text)
    return found[1].decode("ascii") if found else None


def rejected(personalization: Personalization, reply: Reply) -> Rejected:
    """Return the outcome of a recipient after this 4xx or 5xx reply to their message."""
    return Rejected(
        personalization.delivery_id,
        permanent=reply.permanent,
        code=reply.status,
        detail=redact(reply.text),
        failure=reply.classify(personalization.email),
        stage=reply.stage,
    )


def raise_if_sender_rejected(reply: Reply) -> None:
    """Raise RefusedForAllError if the sender is rejected, as it would be for every recipient."""
    if reply.stage is Stage.MAIL and reply.permanent:
        what = "a message of this size" if reply.code == TOO_LARGE else "mail from SENDER"
        cause = reply.classify().cause
        raise RefusedForAllError(f"the server refuses {what}: {reply}", cause)
