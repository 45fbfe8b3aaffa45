"""The result of rendering: the bytes that an editor approves, slots still open."""

import hashlib
import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RenderedLink:
    """Link `number` of an issue (from 1). `kind` is comparison, tool, archive, site or source."""

    number: int
    kind: str
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """The parts of a message. HTML and text contain slots (`render.slots`), the rest does not."""

    subject: str
    preheader: str
    html: str
    text: str
    links: tuple[RenderedLink, ...]

    @property
    def sha256(self) -> str:
        """Hash everything that a recipient gets, and every link target."""
        frozen = [
            self.subject,
            self.preheader,
            self.html,
            self.text,
            [[link.number, link.url] for link in self.links],
        ]
        return hashlib.sha256(json.dumps(frozen, ensure_ascii=False).encode()).hexdigest()
