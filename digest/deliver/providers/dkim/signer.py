"""Signs a message for its sender's domain: DKIM (RFC 6376; RFC 8463 for Ed25519).

The header is canonicalised as `relaxed`. The body is `simple`: it is quoted-printable of our own
making, which no transport has a reason to touch, and its canonical form is the very bytes. So
nothing of the body is read but by SHA-256, and of what all recipients have in common, only once.
"""

import hashlib
import re
from base64 import b64encode
from binascii import b2a_base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from digest.deliver.providers.base import ProviderError
from digest.deliver.providers.dkim.keys import Key
from digest.message.edition import Edition
from digest.message.personalization import Personalization
from digest.message.template import MessageTemplate

ONCE_MORE = (
    b"from",
    b"reply-to",
    b"to",
    b"cc",
    b"subject",
    b"date",
    b"message-id",
    b"mime-version",
    b"content-type",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
)
"""Named once more than they stand there, so that none can be added (RFC 6376 section 8.15)."""
IF_PRESENT = (
    b"sender",
    b"content-transfer-encoding",
    b"list-id",
    b"feedback-id",
    b"auto-submitted",
    b"precedence",
)
WIDTH = 72

Compose = Callable[[Personalization, datetime], bytes]
_FOLD = re.compile(rb"\r\n(?=[ \t])")
_FIELD = re.compile(rb"\r\n(?![ \t])")
_SPACE = re.compile(rb"[ \t]{2,}|\t")


class Signer:
    """Signs with every one of `keys`, for `domain`. Safe to share between threads."""

    def __init__(self, domain: str, keys: Sequence[Key]) -> None:
        self.domain = domain
        self.keys = tuple(keys)
        self._form = lru_cache(maxsize=16)(self._make_form)

    def composer(self, edition: Edition) -> Compose:
        """What makes an edition's messages, signed.

        Raises ProviderError where the signature would not speak for the sender (RFC 7489
        section 3.1.1), as when the sender was changed after the issue was approved.
        """
        if not speaks_for(self.domain, edition.sender.domain):
            msg = f"DKIM_DOMAIN: {self.domain} can't sign for {edition.sender.address}"
            raise ProviderError(msg)
        template = MessageTemplate(edition)
        opening = Opening(template.opening)

        def compose(personalization: Personalization, at: datetime) -> bytes:
            message = template.message(personalization, at)
            return self.sign(message, opening) + message

        return compose

    def sign(self, message: bytes, opening: "Opening | None" = None) -> bytes:
        """The header fields to put before `message`, one a key.

        `message` is whole, its line ends CRLF. Raises ValueError where it has no From or no body.
        """
        end = message.find(b"\r\n\r\n")
        if end < 0:
            msg = "a message has an empty line after its header"
            raise ValueError(msg)
        body = b64encode((opening or NOTHING).hash(message, end + 4))
        fields = [_canonical(field) for field in _FIELD.split(message[:end])]
        form = self._form(tuple([name for name, _ in fields]))
        signed = hashlib.sha256(b"".join([fields[place][1] for place in form.places]))
        return b"".join([template.sign(signed.copy(), body) for template in form.templates])

    def _make_form(self, names: tuple[bytes, ...]) -> "Form":
        """How messages are signed whose header has these names in this order."""
        if b"from" not in names:
            msg = "a message without From can't be signed"
            raise ValueError(msg)
        places: list[int] = []
        listed: list[bytes] = []
        for name in (*ONCE_MORE, *IF_PRESENT):
            # RFC 6376 section 5.4.2: of several, the last is signed first.
            found = [place for place, one in enumerate(names) if one == name]
            places += reversed(found)
            listed += [name] * (len(found) + (name in ONCE_MORE))
        templates = tuple(Template.make(key, self.domain, listed) for key in self.keys)
        return Form(tuple(places), templates)


class Opening:
    """The bytes that many bodies begin with, hashed once."""

    def __init__(self, opening: bytes) -> None:
        self._opening = opening
        self._state = hashlib.sha256(opening)

    def hash(self, message: bytes, start: int) -> bytes:
        """SHA-256 of the body from `start` on, whatever it begins with."""
        if message.endswith(b"\r\n\r\n") or not message.endswith(b"\r\n"):
            # RFC 6376 section 3.4.3: it ends with one line end.
            message = message[:start] + _one_line_end(message[start:])
        if not message.startswith(self._opening, start):
            return hashlib.sha256(memoryview(message)[start:]).digest()
        state = self._state.copy()
        state.update(memoryview(message)[start + len(self._opening) :])
        return state.digest()


NOTHING = Opening(b"")


@dataclass(frozen=True, slots=True)
class Template:
    """A key's header field, cut at the hash of the body; and its canonical form."""

    key: Key
    before: bytes
    canonical: bytes

    @classmethod
    def make(cls, key: Key, domain: str, names: Sequence[bytes]) -> "Template":
        # No t=: Date is signed and says it, and a clock that runs ahead makes a t= invalid.
        before = (
            f"DKIM-Signature: v=1; a={key.algorithm}; c=relaxed/simple;\r\n"
            f" d={domain};\r\n s={key.selector};\r\n h="
        ).encode() + _listed(names)
        before += b";\r\n bh="
        return cls(key, before, _canonical(before)[1].removesuffix(b"\r\n"))

    def sign(self, signed: "hashlib._Hash", body: bytes) -> bytes:
        """`signed` is the hash of the other fields, and is used up."""
        # RFC 6376 section 3.7: this field comes last, its b= empty, without a line end.
        signed.update(b"%b%b; b=" % (self.canonical, body))
        text = b2a_base64(self.key.sign(signed.digest()), newline=False)
        lines = b"\r\n ".join([text[at : at + WIDTH] for at in range(0, len(text), WIDTH)])
        return b"%b%b;\r\n b=%b\r\n" % (self.before, body, lines)


@dataclass(frozen=True, slots=True)
class Form:
    """Which of the fields are signed in which order, and what is then written."""

    places: tuple[int, ...]
    templates: tuple[Template, ...]


def speaks_for(domain: str, sender: str) -> bool:
    """Whether a signature of `domain` is aligned with mail from the domain `sender`."""
    domain, sender = domain.lower(), sender.lower()
    return sender == domain or ("." in domain and sender.endswith(f".{domain}"))


# Nearly all fields of an issue are everybody's.
@lru_cache(maxsize=256)
def _canonical(field: bytes) -> tuple[bytes, bytes]:
    """A field's name, and its `relaxed` form with a line end (RFC 6376 section 3.4.2)."""
    name, _, value = field.partition(b":")
    name = name.rstrip(b" \t").lower()
    return name, b"%b:%b\r\n" % (name, _SPACE.sub(b" ", _FOLD.sub(b"", value)).strip(b" "))


def _one_line_end(body: bytes) -> bytes:
    while body.endswith(b"\r\n"):
        body = body[:-2]
    return body + b"\r\n"


def _listed(names: Sequence[bytes]) -> bytes:
    lines = [b""]
    for name in names:
        if len(lines[-1]) + len(name) > WIDTH:
            lines.append(b"")
        lines[-1] += name + b":"
    return b"\r\n ".join(lines).removesuffix(b":")
