"""A batch as SendGrid's v3 mail/send takes it: the content once, a personalization a recipient.

Limits and fields: https://www.twilio.com/docs/sendgrid/api-reference/mail-send and the provider's
OpenAPI description. Substitutions reach subject and content but no header, and are not escaped:
the greeting therefore has one tag for the text part and another for the HTML part.
"""

import html
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

from digest.address import Edition, Envelope, list_headers, list_unsubscribe, message_id
from digest.deliver.mailbox import parse_mailbox
from digest.render.slots import MARKS, WORD_JOINER, Slot, disarm

MOST_RECIPIENTS = 1_000
MOST_BYTES = 29_000_000
"""The limit is 30 MB; the rest is left for what a count of ours may miss."""
MOST_SUBSTITUTION_BYTES = 10_000
HTML_GREETING = "~~greeting-html~~"
OFF = {"enable": False}


@dataclass(frozen=True, slots=True)
class Piece:
    """An envelope and the personalization that stands for it; `size` is its JSON in bytes."""

    envelope: Envelope
    personalization: dict[str, Any]
    size: int

    @property
    def too_long(self) -> bool:
        return _size(self.personalization["substitutions"]) > MOST_SUBSTITUTION_BYTES


class Content:
    """What every recipient of an edition gets alike."""

    def __init__(self, edition: Edition) -> None:
        self._edition = edition
        self._headers = list_headers(edition)
        self._used = set(MARKS.findall(edition.text + edition.html))
        self._shared = _shared(edition)
        self.size = _size(self._shared)

    def piece(self, envelope: Envelope) -> Piece:
        """Headers are sent whole: a personalization's replace those of the message."""
        headers = {
            **self._headers,
            "List-Unsubscribe": list_unsubscribe(self._edition, envelope.slots[Slot.UNSUBSCRIBE]),
            "Message-ID": message_id(self._edition, envelope),
        }
        personalization = {
            "to": [{"email": envelope.email}],
            "headers": headers,
            "substitutions": self._substitutions(envelope),
            # SendGrid keeps these for good, so they name nobody.
            "custom_args": {"delivery": envelope.token},
        }
        return Piece(envelope, personalization, _size(personalization))

    def body(self, pieces: Sequence[Piece]) -> dict[str, Any]:
        return {"personalizations": [piece.personalization for piece in pieces], **self._shared}

    def pack(self, pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
        """The pieces in as few requests as the limits allow, no address twice in one."""
        waiting = list(pieces)
        while waiting:
            taken: list[Piece] = []
            left: list[Piece] = []
            addresses: set[str] = set()
            room = MOST_BYTES - self.size
            for piece in waiting:
                address = piece.envelope.email.lower()
                room_for_it = len(taken) < MOST_RECIPIENTS and (piece.size <= room or not taken)
                if not room_for_it or address in addresses:
                    left.append(piece)
                    continue
                taken.append(piece)
                addresses.add(address)
                room -= piece.size
            yield taken
            waiting = left

    def _substitutions(self, envelope: Envelope) -> dict[str, str]:
        values = {slot.mark: envelope.slots[slot] for slot in Slot if slot.mark in self._used}
        greeting = Slot.GREETING.mark
        if greeting in values:
            values[greeting] = _disarm(" ".join(values[greeting].splitlines()))
            values[HTML_GREETING] = html.escape(values[greeting])
        return values


def _shared(edition: Edition) -> dict[str, Any]:
    sender = edition.sender
    text = edition.text.replace(HTML_GREETING, _disarm(HTML_GREETING))
    markup = edition.html.replace(HTML_GREETING, _disarm(HTML_GREETING))
    shared: dict[str, Any] = {
        "from": _mailbox(sender.name, sender.address),
        "subject": _disarm(edition.subject),
        "content": [
            {"type": "text/plain", "value": text},
            {"type": "text/html", "value": markup.replace(Slot.GREETING.mark, HTML_GREETING)},
        ],
        "categories": ["digest", f"issue-{edition.number}"],
        "tracking_settings": {
            "click_tracking": {"enable": False, "enable_text": False},
            "open_tracking": OFF,
            "subscription_tracking": OFF,
            "ganalytics": OFF,
        },
    }
    if sender.reply_to:
        shared["reply_to"] = _mailbox(*parseaddr(sender.reply_to))
    return shared


def _mailbox(name: str, address: str) -> dict[str, str]:
    email = str(parse_mailbox(address))
    return {"email": email, "name": name} if name else {"email": email}


def _disarm(text: str) -> str:
    """Text that SendGrid must not find a tag in; any other text stays as it is."""
    text = disarm(text)
    while HTML_GREETING in text:
        text = text.replace(HTML_GREETING, f"~{WORD_JOINER}{HTML_GREETING[1:]}")
    return text


def _size(value: Any) -> int:
    return len(json.dumps(value))
