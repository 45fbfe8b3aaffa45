"""An edition as bytes in their transfer encoding, cut where a recipient's own values go.

An issue is rendered and encoded once; each recipient's message costs one join of bytes.
Sources: RFC 5322 (message), RFC 2045 section 6.7 (quoted-printable), RFC 2046 section 5.1
(multipart).
"""

import hashlib
import html
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.utils import format_datetime
from enum import Enum, auto
from functools import lru_cache
from operator import itemgetter

from digest.message.edition import Edition
from digest.message.headers import (
    fold_header,
    fold_list_header,
    fold_subject,
    list_headers,
    list_unsubscribe,
)
from digest.message.personalization import LINK_SLOTS, Personalization
from digest.message.quoted_printable import encode_piece, encode_text
from digest.message.seven_bit import encode_in_html, encode_seven_bit, fits_seven_bit
from digest.render.slots import MARKS, Slot
from subscribers.tokens import TOKEN_LENGTH


class Value(Enum):
    """What differs from one message to the next besides the slots."""

    EMAIL = auto()
    TOKEN = auto()
    DATE = auto()
    GREETING_IN_HTML = auto()


Blank = Slot | Value
BLANKS: tuple[Blank, ...] = (*Value, *LINK_SLOTS, Slot.GREETING)
WIDTHS = {slot.mark: TOKEN_LENGTH for slot in LINK_SLOTS}
"""Columns that the values of marks take."""
PLAIN_GREETING = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ,.!-]{0,58}[A-Za-z0-9,!])?")
"""Matches a greeting that is its own encoding in both parts, as most are."""


class MessageTemplate:
    """An edition encoded as bytes and cut at its blanks; `message` joins one recipient's values."""

    def __init__(self, edition: Edition) -> None:
        self.edition = edition
        self._parts, blanks = _cut_at_blanks([*_head(edition), *_body(edition)])
        self._pick = itemgetter(*map(BLANKS.index, blanks))
        self._encode_greeting = _greeting_encoder(
            encode_in_html if _is_seven_bit(edition.html, as_html=True) else _quote_html
        )

    @property
    def body_prefix(self) -> bytes:
        """The bytes that every recipient's body begins with, up to the first slot."""
        return next(part for part in self._parts if b"\r\n\r\n" in part).partition(b"\r\n\r\n")[2]

    def message(self, personalization: Personalization, at: datetime) -> bytes:
        """Return the complete message with CRLF line ends; `at` is the time of its Date field."""
        return self.messages([personalization], at)[0]

    def messages(self, personalizations: Sequence[Personalization], at: datetime) -> list[bytes]:
        """Return the complete messages of several recipients, in order."""
        date = _date(at.replace(microsecond=0), at.utcoffset())
        parts, pick, encode_greeting = self._parts.copy(), self._pick, self._encode_greeting
        messages = []
        # Spelled out, since this runs once a recipient; each fills all blanks of the one before.
        for _, email, token, links, greeting in personalizations:
            in_html, in_text = encode_greeting(greeting)
            # In the order of BLANKS.
            parts[1::2] = pick((email.encode(), token.encode(), date, in_html, *links, in_text))
            messages.append(b"".join(parts))
        return messages


def _head(edition: Edition) -> list[bytes | Blank]:
    sender = edition.sender
    fixed = fold_header("From", str(Address(sender.name, addr_spec=sender.address)))
    fixed += fold_subject(edition.subject)
    if sender.reply_to:
        fixed += fold_header("Reply-To", sender.reply_to)
    for name, value in list_headers(edition).items():
        fixed += fold_list_header(name, value)
    domain = sender.domain.encode()
    return [
        fixed + b"To: ",
        Value.EMAIL,
        b"\r\nMessage-ID: <",
        Value.TOKEN,
        b"@" + domain + b">\r\nDate: ",
        Value.DATE,
        b"\r\n",
        *(_list_unsubscribe_field(edition) if edition.unsubscribable else []),
    ]


def _list_unsubscribe_field(edition: Edition) -> list[bytes | Blank]:
    """Return List-Unsubscribe on one line: folding or encoding breaks one-click in real clients."""
    first, *others = list_unsubscribe(edition, "\0").encode().split(b"\0")
    pieces: list[bytes | Blank] = [b"List-Unsubscribe: " + first]
    for piece in others:
        pieces += [Slot.UNSUBSCRIBE, piece]
    return [*pieces, b"\r\n"]


def _body(edition: Edition) -> list[bytes | Blank]:
    # Made of all that is in the parts, so that it can't be foreseen and put into one.
    seed = hashlib.sha256(f"{edition.subject}{edition.html}{edition.text}".encode()).hexdigest()
    boundary = f"=_{seed[:24]}"
    pieces: list[bytes | Blank] = [
        f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="{boundary}"\r\n'
        "\r\n".encode()
    ]
    for kind, text in (("plain", edition.text), ("html", edition.html)):
        encoding, encoded = _encode_part(text, as_html=kind == "html")
        pieces.append(
            f"--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\n"
            f"Content-Transfer-Encoding: {encoding}\r\n\r\n".encode()
        )
        pieces += [*encoded, b"\r\n"]
    pieces.append(f"--{boundary}--\r\n".encode())
    return pieces


def _is_seven_bit(text: str, *, as_html: bool) -> bool:
    """Return whether a part is sent as it is; a greeting can be written in ASCII in HTML alone."""
    named = Slot.GREETING.mark in text
    return (as_html or not named) and fits_seven_bit(text, MARKS, WIDTHS)


def _encode_part(text: str, *, as_html: bool) -> tuple[str, list[bytes | Blank]]:
    """Return a part's transfer encoding, decided once for all recipients, and the encoded part."""
    greeting = Value.GREETING_IN_HTML if as_html else Slot.GREETING
    if _is_seven_bit(text, as_html=as_html):
        return "7bit", _as_blanks(encode_seven_bit(text, MARKS), greeting)
    return "quoted-printable", _as_blanks(encode_text(text, MARKS, WIDTHS), greeting)


def _as_blanks(pieces: Iterable[bytes | str], greeting: Blank) -> list[bytes | Blank]:
    blanks: dict[str, Blank] = {slot.mark: slot for slot in LINK_SLOTS}
    blanks[Slot.GREETING.mark] = greeting
    return [piece if isinstance(piece, bytes) else blanks[piece] for piece in pieces]


def _quote_html(value: str) -> bytes:
    return encode_piece(html.escape(value))


def _greeting_encoder(in_html: Callable[[str], bytes]) -> Callable[[str], tuple[bytes, bytes]]:
    """Return what encodes a greeting for HTML and for text."""

    @lru_cache(maxsize=1_024)  # first names repeat
    def encode(greeting: str) -> tuple[bytes, bytes]:
        if PLAIN_GREETING.fullmatch(greeting):
            plain = greeting.encode("ascii")
            return plain, plain
        return in_html(greeting), encode_piece(greeting)

    return encode


@lru_cache(maxsize=4)
def _date(second: datetime, offset: timedelta | None) -> bytes:
    # The offset is part of the key: one moment in two zones is equal, and written differently.
    del offset
    return format_datetime(second).encode()


def _cut_at_blanks(pieces: Iterable[bytes | Blank]) -> tuple[list[bytes], list[Blank]]:
    """Return fixed bytes at even places, an empty one for a value at odd ones; and the blanks."""
    parts = [b""]
    blanks: list[Blank] = []
    for piece in pieces:
        if isinstance(piece, bytes):
            parts[-1] += piece
        else:
            blanks.append(piece)
            parts += [b"", b""]
    return parts, blanks
