"""Turns email addresses into the form that goes over the wire, and redacts them from text.

Domains travel as A-labels (RFC 5890 section 2.3.2.1), which every server understands. A local
part can't be rewritten: one outside ASCII needs SMTPUTF8 (RFC 6531) all the way.
"""

import re
from dataclasses import dataclass

import idna

from digest.deliver.providers.base import BAD_ADDRESS, Rejected
from digest.message.personalization import Personalization

BAD_SYNTAX = "5.1.3"
"""RFC 3463 section 3.2: bad destination mailbox address syntax."""
NON_ASCII_REFUSED = "5.6.7"
"""RFC 6531 section 4: a non-ASCII address that the server can't carry."""
MAX_LOCAL = 64
MAX_DOMAIN = 253
"""Octets: RFC 5321 section 4.5.3.1, and RFC 1035 section 2.3.4 without the root's dot."""

# Wider than a dot-atom (RFC 5322 section 3.2.3): mailboxes with two dots in a row do exist.
_LOCAL = re.compile(r'[^\s"(),:;<>@\[\\\]]+')
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ANY_ADDRESS = re.compile(r"[^\s<>()\[\]:;,\"']+@[^\s<>()\[\]:;,\"']+")
_USUAL = re.compile(
    r"[\w.+-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", re.ASCII
)
MAX_USUAL = 254
"""Octets up to which an address is checked by one pattern, as nearly all can be."""
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address in two parts. `domain` is ASCII; `local` may not be."""

    local: str
    domain: str

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


def parse_mailbox(email: str) -> Mailbox:
    """Parse an address, its domain in A-labels.

    Raises ValueError with one line that says what is wrong, without repeating the address.
    """
    local, _, domain = email.rpartition("@")
    well_formed = _LOCAL.fullmatch(local) and local.isprintable()
    if not well_formed or len(local.encode()) > MAX_LOCAL:
        raise ValueError("the address is not of the form name@domain")
    if not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True).decode("ascii")
        except idna.IDNAError:
            raise ValueError("the address's domain is not one that DNS can hold") from None
    if not _DOMAIN.fullmatch(domain) or len(domain) > MAX_DOMAIN:
        raise ValueError("the address's domain is not one that DNS can hold")
    return Mailbox(local, domain)


def to_wire_address(personalization: Personalization) -> Personalization | Rejected:
    """Return the recipient with its address as it goes over the wire, or why it is rejected."""
    if len(personalization.email) <= MAX_USUAL and _USUAL.fullmatch(personalization.email):
        return personalization
    try:
        wire = str(parse_mailbox(personalization.email))
    except ValueError as error:
        return Rejected(
            personalization.delivery_id,
            True,
            BAD_SYNTAX,
            str(error),
            failure=BAD_ADDRESS,
            is_local=True,
        )
    return (
        personalization if wire == personalization.email else personalization._replace(email=wire)
    )


def reject_non_ascii(personalization: Personalization, who: str) -> Rejected:
    """Reject a recipient that `who` can't carry; the address itself may be right."""
    detail = f"{who} takes no address with characters outside ASCII before the @"
    return Rejected(personalization.delivery_id, True, NON_ASCII_REFUSED, detail, is_local=True)


def redact(text: str) -> str:
    """Return `text` without addresses: attempts are kept after a person is erased."""
    return _ANY_ADDRESS.sub("an address", text)
