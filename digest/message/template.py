"""A variant and a recipient make a message.

An issue is rendered once; a recipient costs a join. `Edition` is what everybody gets, `Envelope`
is what one person gets, and `Mold` holds the message as bytes already in their transfer
encoding, cut where a recipient's own values go.

Sources: RFC 5322 (message), RFC 2045 section 6.7 (quoted-printable), RFC 8058 (one-click
unsubscribe), RFC 2369 and RFC 2919 (List headers).
"""

import hashlib
import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.header import Header
from email.headerregistry import Address, HeaderRegistry
from email.policy import SMTP
from email.utils import format_datetime
from enum import Enum, auto
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from digest.message.quoted_printable import encode_piece, encode_text
from digest.render.slots import MARKS, Slot
from subscribers.tokens import TOKEN_LENGTH, Purpose, Tokens


@dataclass(frozen=True, slots=True)
class Sender:
    """Who the mail is from. `domain` signs Message-ID and List-Id."""

    name: str
    address: str
    reply_to: str | None = None

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Edition:
    """One variant of one issue, slots still open, with what its headers need.

    A letter is one too: `automatic`, since nobody wrote it (RFC 3834), and `leavable` where it
    goes to somebody who is on the list.
    """

    number: int
    series: str
    subject: str
    html: str
    text: str
    sender: Sender
    list_name: str
    public_url: str
    bounces: str = ""
    """Where what comes back is read, if anywhere; `*` in it stands for the delivery's token."""
    automatic: bool = False
    leavable: bool = True


class Envelope(NamedTuple):
    """One recipient. `token` is the opaque delivery id; `slots` has a value for every Slot."""

    delivery_id: int
    email: str
    token: str
    slots: Mapping[Slot, str]


class Recipient(NamedTuple):
    """The person behind a delivery, as the ledger hands them over."""

    delivery_id: int
    subscriber_id: int
    email: str
    first_name: str
    tracking: bool


def greeting(first_name: str) -> str:
    return f"Hello {first_name}," if first_name else "Hello,"


NAMED = (Purpose.DELIVERY, Purpose.UNSUBSCRIBE, Purpose.PREFERENCES, Purpose.VOTE)
TRACKED = (Purpose.CLICK, Purpose.OPEN)


def address(recipients: Sequence[Recipient], number: int, tokens: Tokens) -> list[Envelope]:
    """An envelope per recipient, in order.

    Who does not want to be tracked gets tokens that name nobody: clicks still lead on.
    """
    people = [recipient.subscriber_id for recipient in recipients]
    tracked = [recipient.subscriber_id if recipient.tracking else 0 for recipient in recipients]
    columns = tokens.make_many(NAMED, people, number) + tokens.make_many(TRACKED, tracked, number)
    return [
        Envelope(
            recipient.delivery_id,
            recipient.email,
            delivery,
            {
                Slot.CLICK: click,
                Slot.OPEN: opened,
                Slot.UNSUBSCRIBE: unsubscribe,
                Slot.PREFERENCES: preferences,
                Slot.VOTE: vote,
                Slot.GREETING: greeting(recipient.first_name),
            },
        )
        for recipient, delivery, unsubscribe, preferences, vote, click, opened in zip(
            recipients, *columns, strict=True
        )
    ]


def message_id(edition: Edition, envelope: Envelope) -> str:
    """The same for every try of a delivery, so that a resend is recognised as one."""
    return f"<{envelope.token}@{edition.sender.domain}>"


def list_headers(edition: Edition) -> dict[str, str]:
    """What a mailing list's message carries for everybody alike; a letter, less of it."""
    label = re.sub(r"[^A-Za-z0-9-]+", "-", edition.series).strip("-").lower() or "digest"
    listed = {
        "List-Id": f"{_phrase(edition.list_name)} <{label}.{edition.sender.domain}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    kind = "letter" if edition.automatic else "issue"
    return {
        **(listed if edition.leavable else {}),
        **({"Auto-Submitted": "auto-generated"} if edition.automatic else {}),
        "Feedback-ID": f"{edition.number}:{label}:{kind}:{sender_id(edition.sender.domain)}",
    }


def sender_id(domain: str) -> str:
    """The last part of a Feedback-ID: the same for all mail of a domain, of 5 to 15 characters.

    Source: Gmail's feedback loop (https://support.google.com/mail/answer/6254652), which also
    wants no part to be like another.
    """
    letters = re.sub(r"[^a-z0-9]", "", domain.lower())
    return f"{letters[:7]}{hashlib.sha256(domain.lower().encode()).hexdigest()[:8]}"


def list_unsubscribe(edition: Edition, token: str) -> str:
    """RFC 8058 section 3: one HTTPS URI with an opaque part that is hard to forge.

    A mailto beside it (RFC 2369 section 3.2) where the mail that it makes is read.
    """
    page = f"<{edition.public_url}/unsubscribe/{token}>"
    if not edition.bounces:
        return page
    mailbox = edition.bounces.replace("*", "unsubscribe")
    return f"{page}, <mailto:{mailbox}?subject=unsubscribe%20{token}>"


def return_path(edition: Edition, token: str) -> str:
    """Where bounces of one delivery go: its token in the address tells whose they are (VERP)."""
    return edition.bounces.replace("*", token) or edition.sender.address


def slot_text(edition_part: str, envelope: Envelope, *, as_html: bool) -> str:
    """`edition_part` with its slots filled: for previews and for providers that take text."""

    def fill(match: re.Match[str]) -> str:
        value = envelope.slots[Slot(match[0].strip("~"))]
        return html.escape(value) if as_html else value

    return MARKS.sub(fill, edition_part)


class Value(Enum):
    """What differs from one message to the next, beside the slots."""

    EMAIL = auto()
    TOKEN = auto()
    DATE = auto()
    GREETING_IN_HTML = auto()


Blank = Slot | Value
BLANKS: tuple[Blank, ...] = (*Value, *Slot)
_IN_ORDER = itemgetter(*Slot)
"""The values of all slots; the greeting is the last of them."""


class Mold:
    """An edition as bytes, cut at its blanks: `message` is one join a recipient."""

    def __init__(self, edition: Edition) -> None:
        self.edition = edition
        self._parts, blanks = _alternating([*_head(edition), *_body(edition)])
        self._pick = itemgetter(*map(BLANKS.index, blanks))

    @property
    def opening(self) -> bytes:
        """What every recipient's body begins with: its bytes before the first slot."""
        return next(part for part in self._parts if b"\r\n\r\n" in part).partition(b"\r\n\r\n")[2]

    def message(self, envelope: Envelope, at: datetime) -> bytes:
        """The whole message with CRLF line ends; `at` is the Date header's moment."""
        *links, greeting = _IN_ORDER(envelope.slots)
        # In the order of BLANKS, and spelled out: this runs once a recipient.
        values = (
            envelope.email.encode(),
            envelope.token.encode(),
            _date(at.replace(microsecond=0), at.utcoffset()),
            _piece_in_html(greeting),
            *[link.encode() for link in links],
            _piece(greeting),
        )
        parts = self._parts.copy()
        parts[1::2] = self._pick(values)
        return b"".join(parts)


def _head(edition: Edition) -> list[bytes | Blank]:
    sender = edition.sender
    fixed = _header("From", str(Address(sender.name, addr_spec=sender.address)))
    fixed += _subject(edition.subject)
    if sender.reply_to:
        fixed += _header("Reply-To", sender.reply_to)
    for name, value in list_headers(edition).items():
        fixed += f"{name}: {value}\r\n".encode()
    domain = sender.domain.encode()
    return [
        fixed + b"To: ",
        Value.EMAIL,
        b"\r\nMessage-ID: <",
        Value.TOKEN,
        b"@" + domain + b">\r\nDate: ",
        Value.DATE,
        b"\r\n",
        *(_way_off(edition) if edition.leavable else []),
    ]


def _way_off(edition: Edition) -> list[bytes | Blank]:
    """One line whatever its length: a folded or encoded URI breaks one-click in real clients."""
    first, *others = list_unsubscribe(edition, "\0").encode().split(b"\0")
    pieces: list[bytes | Blank] = [b"List-Unsubscribe: " + first]
    for piece in others:
        pieces += [Slot.UNSUBSCRIBE, piece]
    return [*pieces, b"\r\n"]


def _body(edition: Edition) -> list[bytes | Blank]:
    # Quoted-printable never holds "=_", so this boundary can't occur in a part.
    seed = hashlib.sha256(f"{edition.subject}{edition.html}{edition.text}".encode()).hexdigest()
    boundary = f"=_{seed[:24]}"
    pieces: list[bytes | Blank] = [
        f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="{boundary}"\r\n'
        "\r\n".encode()
    ]
    for kind, text in (("plain", edition.text), ("html", edition.html)):
        pieces.append(
            f"--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n\r\n".encode()
        )
        pieces += _slotted(text, as_html=kind == "html")
        pieces.append(b"\r\n")
    pieces.append(f"--{boundary}--\r\n".encode())
    return pieces


def _slotted(text: str, *, as_html: bool) -> list[bytes | Blank]:
    widths = {slot.mark: TOKEN_LENGTH for slot in Slot if slot is not Slot.GREETING}
    pieces: list[bytes | Blank] = []
    for piece in encode_text(text, MARKS, widths):
        if isinstance(piece, bytes):
            pieces.append(piece)
            continue
        slot = Slot(piece.strip("~"))
        pieces.append(Value.GREETING_IN_HTML if as_html and slot is Slot.GREETING else slot)
    return pieces


# First names repeat, and within a second the date does.
_piece = lru_cache(maxsize=1_024)(encode_piece)


@lru_cache(maxsize=1_024)
def _piece_in_html(value: str) -> bytes:
    return encode_piece(html.escape(value))


@lru_cache(maxsize=4)
def _date(second: datetime, offset: timedelta | None) -> bytes:
    # The offset is part of the key: one moment in two zones is equal, and written differently.
    del offset
    return format_datetime(second).encode()


def _alternating(pieces: Iterable[bytes | Blank]) -> tuple[list[bytes], list[Blank]]:
    """Fixed bytes at even places, room for a value at odd ones; and what goes there."""
    parts = [b""]
    blanks: list[Blank] = []
    for piece in pieces:
        if isinstance(piece, bytes):
            parts[-1] += piece
        else:
            blanks.append(piece)
            parts += [b"", b""]
    return parts, blanks


def _header(name: str, value: str) -> bytes:
    """A structured header folded at 78 columns, encoded-words where it is not ASCII."""
    return HeaderRegistry()(name, value).fold(policy=SMTP).encode("ascii")


def _subject(text: str) -> bytes:
    """One run of encoded-words where it is not ASCII.

    The folder of `email.policy` mixes plain and encoded words and loses white space between them.
    """
    if text.isascii():
        return _header("Subject", text)
    words = Header(text, "utf-8", maxlinelen=75, header_name="Subject").encode(linesep="\r\n")
    return f"Subject: {words}\r\n".encode("ascii")


def _phrase(name: str) -> str:
    """A name for a List-Id: printable ASCII, quoted where it holds anything special."""
    plain = name.encode("ascii", "ignore").decode().strip() or "Digest"
    escaped = plain.replace("\\", "").replace('"', "'")
    return escaped if re.fullmatch(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]+", escaped) else f'"{escaped}"'
