"""Mail addresses: what is accepted, how two are compared, and the keyed hash that outlives one."""

import functools
import hmac
import re
import unicodedata
from dataclasses import dataclass

import idna

LONGEST_ADDRESS = 254
"""Octets in all: RFC 5321 section 4.5.3.1.3 allows a path 256, of which two are its brackets."""
LONGEST_LOCAL_PART = 64
_EXPECTED = "expected a mail address like ana@example.org"
_FORBIDDEN = re.compile(r"[\s\"(),:;<>@\[\]\\\x00-\x20\x7f]")
"""What a local part may hold only between quotes (RFC 5322 section 3.2.3), which are not taken."""


_PLAIN = re.compile(
    r"(?P<local>(?=[^@]{1,64}@)[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*)"
    r"@(?P<domain>(?:(?!..--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+"
    r"(?=[0-9-]{0,62}[a-z])(?!..--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)",
    re.IGNORECASE | re.ASCII,
)
"""What nearly every address looks like, and what needs no look at Unicode and no IDNA."""
_LONGEST_PLAIN_DOMAIN = 253


class AddressError(ValueError):
    """Not a mail address. `str()` is one line: what was found, what was expected, and why not."""

    def __init__(self, found: str, why: str) -> None:
        self.found = found if len(found) <= 60 else found[:59] + "…"  # noqa: PLR2004 - one terminal line
        self.why = f"{_EXPECTED} ({why})"
        super().__init__(f"found {self.found!r}, {self.why}")


@dataclass(frozen=True, slots=True)
class ParsedAddress:
    """`email` is what mail is sent to (its domain in A-labels); `key` is what is compared."""

    email: str
    key: str


def parse_address(text: str) -> ParsedAddress:
    """Raises AddressError. Sources: RFC 5321 section 4.5.3.1 (lengths), RFC 5891 (domains).

    The local part keeps its case in `email` and loses it in `key`: a server may tell Ana from
    ana, but hardly any does, and nobody wants the same issue twice.
    """
    plain = _PLAIN.fullmatch(text) if len(text) <= LONGEST_ADDRESS else None
    if plain and len(plain["domain"]) <= _LONGEST_PLAIN_DOMAIN:
        email = f"{plain['local']}@{plain['domain'].lower()}"
        return ParsedAddress(email, email.lower())
    return _parse_any(text)


def _parse_any(text: str) -> ParsedAddress:
    """`parse_address` for all of Unicode; for a plain address the same, only later."""
    found = unicodedata.normalize("NFC", text.strip())
    if len(found) > LONGEST_ADDRESS:
        raise AddressError(text, f"longer than {LONGEST_ADDRESS} bytes")
    local, at, domain = found.rpartition("@")
    why = _fault(local, at)
    if why:
        raise AddressError(text, why)
    try:
        ascii_domain = _domain(domain)
    except ValueError as error:
        raise AddressError(text, str(error)) from None
    email = f"{local}@{ascii_domain}"
    if len(email.encode()) > LONGEST_ADDRESS:
        raise AddressError(text, f"longer than {LONGEST_ADDRESS} bytes")
    folded = unicodedata.normalize("NFC", local.casefold())
    return ParsedAddress(email, f"{folded}@{ascii_domain}")


class AddressHasher:
    """HMAC-SHA-256 over an address's key, in hex: matches an address without keeping it.

    The secret has to stay for as long as suppressions are to be matched.
    """

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), b"verdict-digest address hash", "sha256")

    def hash(self, key: str) -> str:
        return hmac.digest(self._key, key.encode(), "sha256").hex()


def _fault(local: str, at: str) -> str:
    """Why `local` can't stand before an @; empty if it can."""
    if not at or not local:
        return "something, one @ and a domain"
    if "@" in local:
        return "more than one @"
    if _FORBIDDEN.search(local) or any(unicodedata.category(one)[0] == "C" for one in local):
        return "no spaces, quotes, brackets or control characters"
    if local.startswith(".") or local.endswith(".") or ".." in local:
        return "a dot needs something before and after it"
    if len(local.encode()) > LONGEST_LOCAL_PART:
        return f"more than {LONGEST_LOCAL_PART} bytes before the @"
    return ""


@functools.lru_cache(maxsize=4096)  # a long list has few domains, and IDNA is the dear part
def _domain(text: str) -> str:
    """`text` in lower-case A-labels. Raises ValueError saying why it is no domain."""
    try:
        domain = idna.encode(text, uts46=True, std3_rules=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        raise ValueError("not a domain after the @") from None
    last = domain.rpartition(".")[2]
    if domain != "localhost" and (last == domain or not last or last.isdecimal()):
        raise ValueError("a domain with a name at its end, like example.org")
    return domain
