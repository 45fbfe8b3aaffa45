"""Parses mail addresses, normalizes them for comparison, and hashes them with a key."""

import functools
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from store.errors import UserError
from store.text import normalize

MAX_ADDRESS_LENGTH = 254
"""Octets in all: RFC 5321 section 4.5.3.1.3 allows a path 256, of which two are its brackets."""
MAX_READ = 4 * MAX_ADDRESS_LENGTH
"""Characters that are looked at at all."""
MAX_LOCAL_PART_LENGTH = 64
_ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
"""Case is folded in ASCII alone: in all of Unicode ß would be ss, and two people one."""
_EXPECTED = "expected a mail address like ana@example.org"
_NOTHING_BEFORE = "no @, or nothing before it"
NO_ADDRESS = f"{_EXPECTED} ({_NOTHING_BEFORE})"
"""Why a text without an @ is refused (`AddressError.why`)."""
_FORBIDDEN = re.compile(r"[\s\"(),:;<>@\[\]\\\x00-\x20\x7f]")
"""What a local part may hold only between quotes (RFC 5322 section 3.2.3), which are not taken."""
# Possessive classes alone: Python 3.11.2 also takes a possessive group that broke off midway.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]++"
_LABEL = r"(?!..--)(?![^.]{64})[A-Za-z0-9]++(?:-++[A-Za-z0-9]++)*"
_PLAIN = re.compile(
    rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*"
    rf"@(?:{_LABEL}\.)+(?=[0-9-]*+[A-Za-z]){_LABEL}"
)
"""Matches nearly every address: plain ASCII, which needs neither Unicode rules nor IDNA."""


class AddressError(UserError, ValueError):
    """Not a mail address. `str()` is one line: what was found, what was expected, and why not."""

    def __init__(self, found: str, why: str) -> None:
        self.found = found if len(found) <= 60 else found[:59] + "…"  # noqa: PLR2004 - one terminal line
        self.reason = why
        self.why = f"{_EXPECTED} ({why})"
        super().__init__(f"found {self.found!r}, {self.why}")


class ParsedAddress(NamedTuple):
    """`email` is what mail is sent to (its domain in A-labels); `key` is what is compared."""

    email: str
    key: str


_made = tuple.__new__
"""Makes a named tuple of its values in order, at half the time: imports make millions."""


def parse_address(text: str) -> ParsedAddress:
    """Parse and normalize an address. Raises AddressError.

    Sources: RFC 5321 section 4.5.3.1 (lengths), RFC 5891 (domains).

    The local part keeps its case in `email` and loses it in `key`: a server may tell Ana from
    ana, but hardly any server does, and readers would get the same issue twice.
    """
    if len(text) <= MAX_ADDRESS_LENGTH and _PLAIN.fullmatch(text):
        key = text.lower()
        if key == text:
            return _made(ParsedAddress, (text, text))
        at = text.index("@")
        return _made(ParsedAddress, (text[:at] + key[at:], key))
    return _parse_any(text)


def _parse_any(text: str) -> ParsedAddress:
    """Parse any address, Unicode included: slower than the plain case, with the same result."""
    text = text.strip()
    # Composing may shorten text, a letter and its accent to one character.
    too_long = len(text) > MAX_READ
    found = "" if too_long else text if text.isascii() else _compose(text)
    if too_long or len(found) > MAX_ADDRESS_LENGTH:
        raise AddressError(text, f"longer than {MAX_ADDRESS_LENGTH} bytes")
    local, at, domain = found.rpartition("@")
    why = _fault(local, at)
    if why:
        raise AddressError(text, why)
    try:
        ascii_domain = _domain(domain)
    except ValueError as error:
        raise AddressError(text, str(error)) from None
    email = f"{local}@{ascii_domain}"
    if len(email.encode()) > MAX_ADDRESS_LENGTH:
        raise AddressError(text, f"longer than {MAX_ADDRESS_LENGTH} bytes")
    return ParsedAddress(email, f"{local.translate(_ASCII_LOWER)}@{ascii_domain}")


def _compose(text: str) -> str:
    """Return `text` with its accents composed (NFC), and no letter turned into another one.

    NFC makes a K of the Kelvin sign: two mailboxes, as a server may have them.
    """
    parts, run = [], ""
    for one in text:
        if unicodedata.is_normalized("NFC", one) or unicodedata.combining(one):
            run += one
        else:
            parts += [normalize("NFC", run), one]
            run = ""
    return "".join([*parts, normalize("NFC", run)])


HASHES = "hashes:"
"""What a fingerprint of a key of hashes begins with; those of secrets are bare."""


def hash_key_of(secret: str) -> bytes:
    """Return the key of the hashes that a secret makes, where nothing else says which."""
    return hmac.digest(secret.encode(), b"verdict-digest address hash", "sha256")


class AddressHasher:
    """Hashes an address's key with HMAC-SHA-256, in hex: matches an address without keeping it.

    The key must stay the same for as long as suppressions are matched (`subscribers.hash_key`).
    """

    def __init__(self, secret: str) -> None:
        self._set_key(hash_key_of(secret))

    def _set_key(self, hash_key: bytes) -> None:
        # RFC 2104 section 4: the two padded keys are hashed once, not once an address.
        padded = hash_key.ljust(64, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded))

    def hash(self, key: str) -> str:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(key.encode())
        outer.update(inner.digest())
        return outer.hexdigest()

    def hash_all(self, keys: Iterable[str]) -> dict[str, str]:
        """Return the hash of each of `keys` by itself, in half the time."""
        hashes = {}
        new_inner, new_outer = self._inner.copy, self._outer.copy
        for key in keys:
            inner, outer = new_inner(), new_outer()
            inner.update(key.encode())
            outer.update(inner.digest())
            hashes[key] = outer.hexdigest()
        return hashes

    def fingerprint(self) -> str:
        """Return what names the key and tells nothing of it, as an export has it."""
        return f"{HASHES}{self.hash('')[:16]}"


def _fault(local: str, at: str) -> str:
    """Return why `local` can't stand before an @; empty if it can."""
    if not at or not local:
        return _NOTHING_BEFORE
    if "@" in local:
        return "more than one @"
    if _FORBIDDEN.search(local) or any(unicodedata.category(one)[0] == "C" for one in local):
        return "spaces, quotes, brackets or control characters in it"
    if local.startswith(".") or local.endswith(".") or ".." in local:
        return "a dot at an end, or two in a row"
    if len(local.encode()) > MAX_LOCAL_PART_LENGTH:
        return f"more than {MAX_LOCAL_PART_LENGTH} bytes before the @"
    return ""


@functools.lru_cache(maxsize=4096)  # a long list has few domains, and IDNA is the slow part
def _domain(text: str) -> str:
    """Return `text` in lower-case A-labels. Raises ValueError saying why it is no domain."""
    # IDNA looks at each character that a sign stands for, which may be eighteen.
    if not text.isascii() and len(normalize("NFKC", text)) > MAX_ADDRESS_LENGTH:
        raise ValueError("no valid domain after the @")
    import idna  # noqa: PLC0415 - nearly every address does without

    try:
        domain = idna.encode(text, uts46=True, std3_rules=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        raise ValueError("no valid domain after the @") from None
    last = domain.rpartition(".")[2]
    if domain != "localhost" and (last == domain or not last or last.isdecimal()):
        raise ValueError("no top-level domain, as in example.org")
    return domain
