"""Words for a reader what is wrong with an address that they typed."""

from digest.language.language import Language
from digest.language.message import Message
from subscribers.addresses import AddressError

EXPECTED = Message("expected a mail address like {example} ({why})")
REASONS = (
    Message("longer than 254 bytes"),
    Message("no @, or nothing before it"),
    Message("more than one @"),
    Message("spaces, quotes, brackets or control characters in it"),
    Message("a dot at an end, or two in a row"),
    Message("more than 64 bytes before the @"),
    Message("no valid domain after the @"),
    Message("no top-level domain, as in example.org"),
    Message("a domain that mail reaches from elsewhere, like example.org"),
    Message("no |, !, %, /, &, $, * or ` before the @"),
)
"""Every reason that `AddressError` gives, for the catalogues."""


def address_words(error: AddressError, language: Language) -> str:
    """Return what is wrong with the address, in the reader's language."""
    why = language.say(Message(error.reason))
    return language.say(EXPECTED, example="ana@example.org", why=why)
