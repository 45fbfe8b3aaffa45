"""Reads an inbound message into sections of text, however its MIME structure was damaged.

Nested messages stay text: what a reader attached is never taken for the message's own report.
Every text is cut before a regular expression sees it.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from email import message_from_bytes
from email.header import decode_header
from email.message import Message
from email.policy import compat32
from enum import StrEnum
from itertools import islice
from typing import NamedTuple

MAX_SECTION_LENGTH = 64 * 1024
"""Characters read of each section; a report says what it has to say at its beginning."""
MAX_SECTIONS = 30
MAX_LINES = 15_000
"""Lines read of a message: as many as a returned original of 1 MB has."""
MAX_PARTS = 100
"""Headers of content (`Content-Type` and the like) that are read, at any depth."""
MAX_CONTENT_HEADER = 500
"""Bytes of each: the email package takes the square of their parameters."""
MAX_HEADER_LENGTH = 2_000
_MAX_REPAIR_BYTES = 16 * 1024

_NESTED = re.compile(
    rb"^(content-type:[ \t]*(?:\r?\n[ \t]+)?)message/(?:global-)?"
    rb"(delivery-status|feedback-report|disposition-notification|rfc822|headers|global)",
    re.IGNORECASE | re.MULTILINE,
)
_BOUNDARY_LINE = re.compile(
    rb"^--([!-~][ -~]{0,68}[!-~]|[!-~])[ \t]*\r?\ncontent-[a-z-]{1,40}:",
    re.IGNORECASE | re.MULTILINE,
)
_LINE_END = re.compile(rb"\r\n?|\n")
_CONTENT_HEADER = re.compile(
    rb"^(content-(?:type|disposition|transfer-encoding):(?:[^\n]|\n[ \t]){0,%d})"
    rb"[^\n]*+(?:\n[ \t][^\n]*+)*+" % MAX_CONTENT_HEADER,
    re.IGNORECASE | re.MULTILINE,
)
_TAG = re.compile(r"<[^<>]{0,500}>")


class SectionKind(StrEnum):
    TEXT = "text"
    STATUS = "delivery-status"
    FEEDBACK = "feedback-report"
    RECEIPT = "disposition-notification"
    RETURNED = "returned"
    """The message that came back, or its headers."""


class Section(NamedTuple):
    kind: SectionKind
    text: str


class InboundMessage(NamedTuple):
    """The headers of the message itself, and its sections in order."""

    headers: Message
    content_type: str
    sections: Sequence[Section]

    def header(self, name: str) -> str:
        return header(self.headers, name)

    def all_headers(self, names: Sequence[str]) -> Iterator[str]:
        for name in names:
            for value in self.headers.get_all(name, []):
                yield str(value)[:MAX_HEADER_LENGTH]

    def texts(self, *kinds: SectionKind) -> list[str]:
        return [one.text for one in self.sections if one.kind in kinds]


def read_message(raw: bytes) -> InboundMessage:
    """May raise whatever the email package raises."""
    raw = _first_parts(_first_lines(raw))
    raw = _NESTED.sub(rb"\1text/x-\2", raw)
    message = message_from_bytes(raw, policy=compat32)
    if not _has_parts(message) and (repaired := _repaired(raw, message)):
        message = repaired
    sections: list[Section] = []
    for part in message.walk():
        if not part.is_multipart() and len(sections) < MAX_SECTIONS:
            sections.append(_section(part))
    return InboundMessage(message, message.get_content_type(), sections)


def _first_lines(raw: bytes) -> bytes:
    """Returns the message up to MAX_LINES: the email package looks at each line several times."""
    last = next(islice(_LINE_END.finditer(raw), MAX_LINES - 1, None), None)
    return raw[: last.end()] if last else raw


def _first_parts(raw: bytes) -> bytes:
    """Returns the message up to MAX_PARTS headers of content, each cut, with bare line ends."""
    raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    one_too_many = next(islice(_CONTENT_HEADER.finditer(raw), MAX_PARTS, None), None)
    if one_too_many:
        raw = raw[: one_too_many.start()]
    return _CONTENT_HEADER.sub(rb"\1", raw)


def header(message: Message, name: str) -> str:
    """Returns the first header of that name on one line, encoded words decoded."""
    value = str(message.get(name, ""))[:MAX_HEADER_LENGTH]
    if "=?" in value:
        with suppress(LookupError, ValueError):
            value = "".join(
                part if isinstance(part, str) else part.decode(charset or "ascii", "replace")
                for part, charset in decode_header(value)
            )
    return " ".join(value.split())


def _has_parts(message: Message) -> bool:
    return message.is_multipart() and len(message.get_payload()) > 0


def _repaired(raw: bytes, message: Message) -> Message | None:
    """Returns the message parsed by the boundary that its body shows, where the header is lost."""
    blank = b"\r\n\r\n" if b"\r\n\r\n" in raw[:_MAX_REPAIR_BYTES] else b"\n\n"
    _, gap, body = raw.partition(blank)
    found = _BOUNDARY_LINE.search(body[:_MAX_REPAIR_BYTES])
    if found is None or not gap:
        return None
    boundary = found[1].decode("ascii").replace('"', "")
    del message["Content-Type"], message["Content-Transfer-Encoding"]
    message["Content-Type"] = f'multipart/mixed; boundary="{boundary}"'
    fields = "".join(f"{name}: {value}\n" for name, value in message.items())
    return message_from_bytes(fields.encode("utf-8", "replace") + b"\n" + body, policy=compat32)


_KINDS = {
    "text/x-delivery-status": SectionKind.STATUS,
    "text/x-feedback-report": SectionKind.FEEDBACK,
    "text/x-disposition-notification": SectionKind.RECEIPT,
    "text/x-rfc822": SectionKind.RETURNED,
    "text/x-global": SectionKind.RETURNED,
    "text/x-headers": SectionKind.RETURNED,
    "text/rfc822-headers": SectionKind.RETURNED,
}


def _section(part: Message) -> Section:
    payload = part.get_payload(decode=True)
    raw = payload[: 4 * MAX_SECTION_LENGTH] if isinstance(payload, bytes) else b""
    content_type = part.get_content_type()
    try:
        text = raw.decode(part.get_content_charset("utf-8"), "replace")
    except (LookupError, UnicodeError):
        text = raw.decode("utf-8", "replace")
    text = text[:MAX_SECTION_LENGTH].replace("\r\n", "\n").replace("\r", "\n").lstrip("\n")
    if content_type == "text/html":
        text = _TAG.sub(" ", text)
    return Section(_KINDS.get(content_type, SectionKind.TEXT), text)
