"""Finds strings in an inbound message that may be tokens of ours; the caller verifies them.

A token names a delivery in the address that bounces come back to (VERP) and in the Message-ID.
"""

import re
from collections.abc import Iterator

from digest.track.bounces.inbound_message import InboundMessage, SectionKind
from subscribers.tokens import HEX_LENGTH, TOKEN_LENGTH

MAX_CANDIDATES = 50
_TOKEN = rf"[A-Za-z0-9_-]{{{TOKEN_LENGTH}}}|[A-Fa-f0-9]{{{HEX_LENGTH}}}"
_IN_LOCAL_PART = re.compile(rf"(?<![A-Za-z0-9_-])({_TOKEN})(?=[^A-Za-z0-9_@-]{{0,60}}[@=])")
_MESSAGE_ID = re.compile(rf"<({_TOKEN})@[^<>@\s]{{1,255}}>")
_FIELD_IN_TEXT = re.compile(
    r"^[ \t>|]{0,10}(?:message-id|return-path|(?:original-|x-)?envelope-(?:from|sender)|sender|"
    r"errors-to|x-ms-exchange-(?:parent-)?message-id|original-mail-from|x-original-message-id|"
    r"original-message-id|list-unsubscribe|removal-recipient|mail from|from)[ \t]{0,5}:(.{0,500})",
    re.IGNORECASE | re.MULTILINE,
)
_RECIPIENT_HEADERS = (
    "To",
    "Delivered-To",
    "X-Original-To",
    "X-Delivered-To",
    "Envelope-To",
    "X-Envelope-To",
    "X-Rcpt-To",
    "X-MDaemon-Deliver-To",
    "Apparently-To",
    "Original-Recipient",
    "Resent-To",
    "Cc",
)
_RECEIVED_FOR = re.compile(r"\bfor <([^<>\s]{1,320})>")


def envelope_candidates(inbound: InboundMessage) -> Iterator[str]:
    """From the address that the message was sent to."""
    for value in inbound.all_headers(_RECIPIENT_HEADERS):
        yield from _IN_LOCAL_PART.findall(value)
    for value in inbound.all_headers(("Received",)):
        for address in _RECEIVED_FOR.findall(value):
            yield from _IN_LOCAL_PART.findall(address)


def report_candidates(inbound: InboundMessage) -> list[str]:
    """From a mail server's report: its address, what it returned, what it answers."""
    found = [*envelope_candidates(inbound), *returned_candidates(inbound)]
    for value in inbound.all_headers(("In-Reply-To", "References", "X-Original-Message-ID")):
        found += _MESSAGE_ID.findall(value)
    return list(dict.fromkeys(found))[:MAX_CANDIDATES]


def returned_candidates(inbound: InboundMessage) -> Iterator[str]:
    """From the returned message: a separate section, or pasted into the text."""
    returned = inbound.texts(SectionKind.RETURNED, SectionKind.FEEDBACK, SectionKind.STATUS)
    for text in (*returned, *inbound.texts(SectionKind.TEXT)):
        for line in _FIELD_IN_TEXT.findall(text):
            yield from _MESSAGE_ID.findall(line)
            yield from _IN_LOCAL_PART.findall(line)
