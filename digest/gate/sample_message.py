"""Builds the message that the gate checks: as one recipient gets it, slots filled."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from digest.gate.html_page import Page
from digest.message.edition import Edition
from digest.message.personalization import Personalization
from digest.message.template import MessageTemplate
from digest.render.rendered import Rendered
from digest.render.slots import Slot


@dataclass(frozen=True, slots=True)
class Claims:
    """What is wrong with an issue's words by its pages: (subject, preheader or intro; what).

    `false` claims contradict the pages, `stale` texts name a tool whose score has changed since
    they were written, `changed` is what pages say otherwise since the approval, and `unfinished`
    texts of an editor hold a mark that something is still to come, or no word at all.
    """

    false: tuple[tuple[str, str], ...] = ()
    stale: tuple[tuple[str, str], ...] = ()
    changed: tuple[str, ...] = ()
    unfinished: tuple[tuple[str, str], ...] = ()


NO_CLAIMS = Claims()


@dataclass(frozen=True, slots=True)
class SampleMessage:
    """One whole message. `html` and `text` are parsed back out of `message`, the bytes on the wire.

    `targets` are the stored link targets, by the number in click links.
    """

    rendered: Rendered
    html: str
    text: str
    message: bytes
    page: Page
    targets: Mapping[int, str]
    public_url: str
    slots: Mapping[Slot, str]
    claims: Claims = NO_CLAIMS
    last_subject: str = ""
    """The subject of the series' issue before this one; empty if there is none."""

    @property
    def subject(self) -> str:
        """The subject, not encoded."""
        return self.rendered.subject

    @property
    def preheader(self) -> str:
        """The preheader."""
        return self.rendered.preheader

    @property
    def unsubscribe(self) -> str:
        """The unsubscribe link of this recipient."""
        return f"{self.public_url}/unsubscribe/{self.slots[Slot.UNSUBSCRIBE]}"

    @property
    def header(self) -> bytes:
        """The header block."""
        return self.message.partition(b"\r\n\r\n")[0]


def sample_message(
    edition: Edition,
    rendered: Rendered,
    personalization: Personalization,
    at: datetime,
    *,
    claims: Claims = NO_CLAIMS,
    last_subject: str = "",
) -> SampleMessage:
    """Return `edition` as one recipient gets it at `at`; `rendered` has the link targets."""
    message = MessageTemplate(edition).message(personalization, at)
    html = _part(message, "html")
    return SampleMessage(
        rendered=rendered,
        html=html,
        text=_part(message, "plain"),
        message=message,
        page=Page(html),
        targets={link.number: link.url for link in rendered.links},
        public_url=edition.public_url,
        slots=personalization.slots,
        claims=claims,
        last_subject=last_subject,
    )


def _part(message: bytes, kind: str) -> str:
    """Return a part's text with bare line feeds; empty if there is no such part."""
    parsed = message_from_bytes(message, _class=EmailMessage, policy=default)
    body = parsed.get_body((kind,))
    return str(body.get_content()).replace("\r\n", "\n") if body else ""
