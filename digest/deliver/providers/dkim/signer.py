"""Signs messages with DKIM (RFC 6376; RFC 8463 for Ed25519).

The header's canonical form is `relaxed`. The body's is `simple`: our quoted-printable bodies are
ASCII that no transport has a reason to change, so the bytes are their own canonical form, and
only SHA-256 reads them. The part that all recipients share is hashed once.
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
from digest.deliver.providers.dkim.keys import DkimKey
from digest.domains import is_public_suffix
from digest.message.edition import Edition
from digest.message.personalization import Personalization
from digest.message.template import MessageTemplate

OVERSIGNED = (
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
"""Named in h= once more than they occur, so that none can be added (RFC 6376 section 8.15)."""
SIGNED_IF_PRESENT = (
    b"sender",
    b"content-transfer-encoding",
    b"list-id",
    b"feedback-id",
    b"auto-submitted",
    b"precedence",
)
FOLD_AT = 72
"""Columns of a folded DKIM-Signature field."""

ComposeMessages = Callable[[Sequence[Personalization], datetime], list[bytes]]
_FOLD = re.compile(rb"\r\n(?=[ \t])")
_FIELD = re.compile(rb"\r\n(?![ \t])")
_SPACE = re.compile(rb"[ \t]{2,}|\t")


class Signer:
    """Sign for `domain` with each of `keys`. Safe to share between threads."""

    def __init__(self, domain: str, keys: Sequence[DkimKey]) -> None:
        self.domain = domain
        self.keys = tuple(keys)
        self._plan = lru_cache(maxsize=16)(self._make_plan)

    def message_signer(self, edition: Edition) -> ComposeMessages:
        """Return a function that composes an edition's messages and signs them.

        Raises ProviderError when the signature would not be aligned with the sender (RFC 7489
        section 3.1.1), as when the sender was changed after the issue was approved.
        """
        if not is_aligned(self.domain, edition.sender.domain):
            msg = f"DKIM_DOMAIN: {self.domain} can't sign for {edition.sender.address}"
            raise ProviderError(msg)
        template = MessageTemplate(edition)
        body_prefix = BodyPrefix(template.body_prefix)

        def compose(personalizations: Sequence[Personalization], at: datetime) -> list[bytes]:
            messages = template.messages(personalizations, at)
            return [self.sign(message, body_prefix) + message for message in messages]

        return compose

    def sign(self, message: bytes, body_prefix: "BodyPrefix | None" = None) -> bytes:
        """Return the header fields to put before `message`, one for each key.

        `message` is complete, with CRLF line ends. Raises ValueError if it has no From or no body.
        """
        end = message.find(b"\r\n\r\n")
        if end < 0:
            msg = "a message has an empty line after its header"
            raise ValueError(msg)
        body = b64encode((body_prefix or NO_PREFIX).hash(message, end + 4))
        fields = [_relaxed(field) for field in _FIELD.split(message[:end])]
        plan = self._plan(tuple([name for name, _ in fields]))
        signed = hashlib.sha256(b"".join([fields[place][1] for place in plan.positions]))
        return b"".join([template.sign(signed.copy(), body) for template in plan.templates])

    def _make_plan(self, names: tuple[bytes, ...]) -> "SigningPlan":
        """Plan how to sign messages whose header fields have these names in this order."""
        if b"from" not in names:
            msg = "a message without From can't be signed"
            raise ValueError(msg)
        positions: list[int] = []
        listed_names: list[bytes] = []
        for name in (*OVERSIGNED, *SIGNED_IF_PRESENT):
            # RFC 6376 section 5.4.2: of several, the last is signed first.
            found = [place for place, one in enumerate(names) if one == name]
            positions += reversed(found)
            listed_names += [name] * (len(found) + (name in OVERSIGNED))
        templates = tuple(FieldTemplate.make(key, self.domain, listed_names) for key in self.keys)
        return SigningPlan(tuple(positions), templates)


class BodyPrefix:
    """Hash the bytes that many bodies begin with once for all of them."""

    def __init__(self, body_prefix: bytes) -> None:
        self._prefix = body_prefix
        self._state = hashlib.sha256(body_prefix)

    def hash(self, message: bytes, start: int) -> bytes:
        """Return the SHA-256 of the body from `start` on, whether or not it has the prefix."""
        if message.endswith(b"\r\n\r\n") or not message.endswith(b"\r\n"):
            # RFC 6376 section 3.4.3: it ends with one line end.
            message = message[:start] + _with_one_line_end(message[start:])
        if not message.startswith(self._prefix, start):
            return hashlib.sha256(memoryview(message)[start:]).digest()
        state = self._state.copy()
        state.update(memoryview(message)[start + len(self._prefix) :])
        return state.digest()


NO_PREFIX = BodyPrefix(b"")


@dataclass(frozen=True, slots=True)
class FieldTemplate:
    """One key's DKIM-Signature field up to the body hash, and its canonical form."""

    key: DkimKey
    before: bytes
    relaxed: bytes

    @classmethod
    def make(cls, key: DkimKey, domain: str, names: Sequence[bytes]) -> "FieldTemplate":
        """Write the field for signatures over header fields with these names."""
        # No t=: Date is signed and says it, and a clock that runs ahead makes a t= invalid.
        before = (
            f"DKIM-Signature: v=1; a={key.algorithm}; c=relaxed/simple;\r\n"
            f" d={domain};\r\n s={key.selector};\r\n h="
        ).encode() + _fold_names(names)
        before += b";\r\n bh="
        return cls(key, before, _relaxed(before)[1].removesuffix(b"\r\n"))

    def sign(self, signed: "hashlib._Hash", body: bytes) -> bytes:
        """Return the complete field. `signed` is the hash of the signed fields, and is consumed."""
        # RFC 6376 section 3.7: this field comes last, its b= empty, without a line end.
        signed.update(b"%b%b; b=" % (self.relaxed, body))
        text = b2a_base64(self.key.sign(signed.digest()), newline=False)
        lines = b"\r\n ".join([text[at : at + FOLD_AT] for at in range(0, len(text), FOLD_AT)])
        return b"%b%b;\r\n b=%b\r\n" % (self.before, body, lines)


@dataclass(frozen=True, slots=True)
class SigningPlan:
    """Which header fields are signed, in which order, and the fields to write."""

    positions: tuple[int, ...]
    templates: tuple[FieldTemplate, ...]


def is_aligned(domain: str, sender: str) -> bool:
    """Return whether a signature of `domain` is aligned with mail from the domain `sender`.

    One of a domain above the sender's is, unless anybody can have a domain below it.
    """
    domain, sender = domain.lower(), sender.lower()
    if sender == domain:
        return True
    return sender.endswith(f".{domain}") and not is_public_suffix(domain)


# Cached, since nearly all header fields are the same for every recipient of an issue.
@lru_cache(maxsize=256)
def _relaxed(field: bytes) -> tuple[bytes, bytes]:
    """Return a field's name, and its `relaxed` form with a line end (RFC 6376 section 3.4.2)."""
    name, _, value = field.partition(b":")
    name = name.rstrip(b" \t").lower()
    return name, b"%b:%b\r\n" % (name, _SPACE.sub(b" ", _FOLD.sub(b"", value)).strip(b" "))


def _with_one_line_end(body: bytes) -> bytes:
    while body.endswith(b"\r\n"):
        body = body[:-2]
    return body + b"\r\n"


def _fold_names(names: Sequence[bytes]) -> bytes:
    lines = [b""]
    for name in names:
        if len(lines[-1]) + len(name) > FOLD_AT:
            lines.append(b"")
        lines[-1] += name + b":"
    return b"\r\n ".join(lines).removesuffix(b":")
