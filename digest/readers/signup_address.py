"""Judges the address that somebody typed into a form: refuses what no reader has, finds slips.

Only for forms: what an operator imports is not second-guessed.
"""

import re

from subscribers.addresses import AddressError, ParsedAddress, parse_address

_COMMON = (
    "gmail.com",
    "yahoo.com",
    "hotmail.com",
    "outlook.com",
    "icloud.com",
    "aol.com",
    "gmx.de",
    "web.de",
    "proton.me",
    "protonmail.com",
)
_REAL = frozenset(
    ("gmx.at", "gmx.ch", "gmx.net", "mail.com", "email.com", "ymail.com", "me.com", "mac.com",
     "aim.com", "aol.de", "yahoo.co", "hotmail.co", "gmx.com", "gmx.fr", "we.de")
)  # fmt: skip
"""Domains that are near a common one, and are mailboxes of their own."""
_WRONG_ENDS = re.compile(r"\.(?:con|cmo|ocm|vom|comm|coim|xom|cim|c0m|om|cm|co)\Z")
_UNSAFE = re.compile(r"[|!%`$/&*]")


class MisspeltDomainError(AddressError):
    """The domain is a slip away from a common one; `meant` is the address with that one."""

    def __init__(self, found: str, meant: str) -> None:
        super().__init__(found, f"did you mean {meant}?")
        self.meant = meant


def check_typed(text: str, sure: str = "") -> ParsedAddress:
    """Parse an address from a form. `sure` is the address that was asked about before.

    Raises AddressError for one that no reader has, MisspeltDomainError for a likely slip.
    """
    parsed = parse_address(text)
    local, _, domain = parsed.email.rpartition("@")
    if "." not in domain or domain.endswith((".local", ".localhost", ".internal", ".invalid")):
        raise AddressError(text, "a domain that mail reaches from elsewhere, like example.org")
    if _UNSAFE.search(local):
        raise AddressError(text, "no |, !, %, /, &, $, * or ` before the @")
    meant = _meant(domain)
    if meant and sure.strip() != text.strip():
        raise MisspeltDomainError(text, f"{local}@{meant}")
    return parsed


def _meant(domain: str) -> str:
    """Return the common domain that `domain` is one slip away from; empty if there is none."""
    if domain in _COMMON or domain in _REAL:
        return ""
    corrected = _WRONG_ENDS.sub(".com", domain)
    if corrected in _COMMON:
        return corrected
    return next((one for one in _COMMON if _is_near(domain, one)), "")


def _is_near(domain: str, common: str) -> bool:
    """Return whether one letter is missing, too many, wrong, or swapped with its neighbour."""
    if abs(len(domain) - len(common)) > 1 or domain[0] != common[0]:
        return False
    start = next(
        (at for at, (a, b) in enumerate(zip(domain, common, strict=False)) if a != b),
        min(len(domain), len(common)),
    )
    rest, wanted = domain[start:], common[start:]
    return (
        rest[1:] == wanted[1:]
        or rest[1:] == wanted
        or rest == wanted[1:]
        or (rest[:2] == wanted[1::-1] and rest[2:] == wanted[2:])
    )
