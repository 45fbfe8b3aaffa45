"""Writes SendGrid v3 mail/send requests: content once, one personalization for each recipient.

Limits and fields: https://www.twilio.com/docs/sendgrid/api-reference/mail-send and the provider's
OpenAPI description. Substitutions reach subject and content but no header, and are not escaped:
the greeting therefore has one tag for the text part and another for the HTML part.

The JSON is joined from prepared pieces: what all recipients share is encoded once for each
edition, and a recipient costs one join. It is all ASCII, so its length is its size in bytes.
"""

import html
import json
import re
from collections.abc import Iterator, Sequence
from email.utils import parseaddr
from functools import lru_cache
from json.encoder import encode_basestring_ascii
from operator import itemgetter
from typing import Any, NamedTuple

from digest.deliver.providers.wire_address import parse_mailbox
from digest.message.edition import Edition
from digest.message.headers import list_headers, list_unsubscribe, message_id
from digest.message.personalization import LINK_SLOTS, Personalization
from digest.render.slots import MARKS, WORD_JOINER, Slot, disarm_slots

MAX_RECIPIENTS = 1_000
MAX_BYTES = 29_000_000
"""Of a request. SendGrid's limit is 30 MB; the rest is a margin for what we don't count."""
MAX_SUBSTITUTION_BYTES = 10_000
HTML_GREETING = "~~greeting-html~~"
OFF = {"enable": False}

_VALUES = ("email", "token", *LINK_SLOTS, Slot.GREETING, "greeting-html")
"""What differs between recipients, in the order that `RequestTemplate.entry` has the values in."""
_BLANK = re.compile(r"\\u0000([a-z-]+)\\u0000")
"""Matches a value's place in the JSON of a personalization; see `_blank`."""


class RecipientEntry(NamedTuple):
    """A recipient, and its `personalizations` object as JSON."""

    personalization: Personalization
    json: str


class RequestTemplate:
    """Build requests for one edition."""

    def __init__(self, edition: Edition) -> None:
        """Raises ValueError for a sender that can't be mailed from."""
        self._shared = _dump(_shared(edition)).removeprefix("{")
        self.size = len(self._shared)
        whole, substitutions = _personalization_pattern(edition)
        self._parts = _BLANK.split(whole)
        self._pick = itemgetter(*map(_VALUES.index, self._parts[1::2]))
        self._beside = len(_BLANK.sub("", whole)) - len(_BLANK.sub("", substitutions))

    def entry(self, personalization: Personalization) -> RecipientEntry:
        """Return one recipient's `personalizations` object."""
        values = (
            _escape(personalization.email),
            personalization.token,
            *[link.decode("ascii") for link in personalization.links],
            *_greetings(personalization.greeting),
        )
        parts = self._parts.copy()
        parts[1::2] = self._pick(values)
        return RecipientEntry(personalization, "".join(parts))

    def exceeds_substitutions(self, entry: RecipientEntry) -> bool:
        """Return whether the entry's substitutions may exceed SendGrid's limit.

        The values of its other fields are counted too, so it says so some hundred bytes early.
        """
        return len(entry.json) - self._beside > MAX_SUBSTITUTION_BYTES

    def body(self, entries: Sequence[RecipientEntry]) -> str:
        """Return the JSON of a request for these recipients."""
        listed = ",".join([entry.json for entry in entries])
        return f'{{"personalizations":[{listed}],{self._shared}'

    def split_requests(self, entries: Sequence[RecipientEntry]) -> Iterator[list[RecipientEntry]]:
        """Yield the entries in as few requests as the limits allow, no address twice in one."""
        waiting = list(entries)
        while waiting:
            taken: list[RecipientEntry] = []
            left: list[RecipientEntry] = []
            addresses: set[str] = set()
            room = MAX_BYTES - self.size
            for entry in waiting:
                address, size = entry.personalization.email.lower(), len(entry.json)
                room_for_it = len(taken) < MAX_RECIPIENTS and (size <= room or not taken)
                if not room_for_it or address in addresses:
                    left.append(entry)
                    continue
                taken.append(entry)
                addresses.add(address)
                room -= size
            yield taken
            waiting = left


def _personalization_pattern(edition: Edition) -> tuple[str, str]:
    """Return a personalization as JSON with blanks for values, and its substitutions alone."""
    blanks = Personalization.from_slots(
        0, _blank("email"), _blank("token"), {slot: _blank(slot) for slot in Slot}
    )
    used = set(MARKS.findall(edition.text + edition.html))
    substitutions = {slot.mark: blanks.slots[slot] for slot in Slot if slot.mark in used}
    if Slot.GREETING.mark in used:
        substitutions[HTML_GREETING] = _blank("greeting-html")
    blank_json = {
        "to": [{"email": blanks.email}],
        # Sent whole: a personalization's headers replace those of the message.
        "headers": {
            **list_headers(edition),
            **_unsubscribe_header(edition, blanks.slots[Slot.UNSUBSCRIBE]),
            "Message-ID": message_id(edition, blanks),
        },
        "substitutions": substitutions,
        # SendGrid keeps these for good, so they name nobody.
        "custom_args": {"delivery": blanks.token},
    }
    return _dump(blank_json), _dump(substitutions)


def _unsubscribe_header(edition: Edition, token: str) -> dict[str, str]:
    return {"List-Unsubscribe": list_unsubscribe(edition, token)} if edition.unsubscribable else {}


def _blank(name: str) -> str:
    """Return a blank marked by NUL, which no setting and no header can hold."""
    return f"\0{name}\0"


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
        "categories": ["digest", "letter" if edition.auto_submitted else f"issue-{edition.number}"],
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


@lru_cache(maxsize=1_024)
def _greetings(value: str) -> tuple[str, str]:
    """Return the greeting as text and as HTML, escaped for JSON. Cached: first names repeat."""
    line = _disarm(" ".join(value.splitlines()))
    return _escape(line), _escape(html.escape(line))


def _disarm(text: str) -> str:
    """Return `text` changed so that SendGrid finds no substitution tag in it."""
    text = disarm_slots(text)
    while HTML_GREETING in text:
        text = text.replace(HTML_GREETING, f"~{WORD_JOINER}{HTML_GREETING[1:]}")
    return text


def _escape(value: str) -> str:
    """Return `value` as it stands between the quotes of a JSON string (RFC 8259 section 7)."""
    return encode_basestring_ascii(value)[1:-1]


def _dump(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
