"""What the gate looks at: the message as one recipient gets it, links rewritten, slots filled."""

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
class SampleMessage:
    """`message` is what goes over the wire; `html` and `text` are read back out of it.

    `targets` are the store's, by the number that click links carry.
    """

    rendered: Rendered
    html: str
    text: str
    message: bytes
    page: Page
    targets: Mapping[int, str]
    public_url: str
    slots: Mapping[Slot, str]

    @property
    def subject(self) -> str:
        return self.rendered.subject

    @property
    def preheader(self) -> str:
        return self.rendered.preheader

    @property
    def unsubscribe(self) -> str:
        return f"{self.public_url}/unsubscribe/{self.slots[Slot.UNSUBSCRIBE]}"

    @property
    def header(self) -> bytes:
        return self.message.partition(b"\r\n\r\n")[0]


def sample_message(
    edition: Edition, rendered: Rendered, personalization: Personalization, at: datetime
) -> SampleMessage:
    """`edition` as one recipient gets it at the moment `at`; `rendered` tells what links mean."""
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
    )


def _part(message: bytes, kind: str) -> str:
    """A part's text with bare line feeds; empty where there is no such part."""
    parsed = message_from_bytes(message, _class=EmailMessage, policy=default)
    body = parsed.get_body((kind,))
    return str(body.get_content()).replace("\r\n", "\n") if body else ""
