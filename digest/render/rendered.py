"""What rendering returns: the bytes an editor approves, slots still open."""

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
    """Subject and preheader hold no slots; html and text do (`render.slots`)."""

    subject: str
    preheader: str
    html: str
    text: str
    links: tuple[RenderedLink, ...]

    @property
    def sha256(self) -> str:
        """Over everything a recipient gets and every target a click may lead to."""
        frozen = [
            self.subject,
            self.preheader,
            self.html,
            self.text,
            [[link.number, link.url] for link in self.links],
        ]
        return hashlib.sha256(json.dumps(frozen, ensure_ascii=False).encode()).hexdigest()
