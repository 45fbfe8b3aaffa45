"""Checks the header block of one recipient: RFC 5322, RFC 2047, RFC 2369 and RFC 2919."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import SMTP

from digest.gate.findings import Code, Finding, found
from digest.gate.sample_message import SampleMessage

MAX_LINE_LENGTH = 998
"""Octets, without the line end (RFC 5322 section 2.1.1)."""
ONCE = ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "List-Id")
_FIX = "see digest/message/headers.py"


def check_header(mail: SampleMessage) -> Iterator[Finding]:
    """Yield a finding for each line or field that breaks a rule."""
    for line in mail.header.split(b"\r\n"):
        name = line.partition(b":")[0].decode("ascii", "replace").strip()[:40]
        if len(line) > MAX_LINE_LENGTH:
            yield _broken(name, f"a line of {len(line)} bytes, expected at most {MAX_LINE_LENGTH}")
        if not line.isascii():
            yield _broken(name, "bytes beyond ASCII, expected encoded-words")
        if b"\n" in line or b"\r" in line:
            yield _broken(name, "a bare line end")
        if name.lower().startswith("list-") and b"=?" in _not_in_name(line):
            yield _broken(name, "an encoded-word, which breaks List fields in real clients")
    parsed = message_from_bytes(mail.message, policy=SMTP)
    for name in ONCE:
        count = len(parsed.get_all(name, []))
        if count != 1:
            yield _broken(name, f"there {count} times, expected once")
    if re.search(r"=\?", str(parsed["From"] or "").partition("<")[2]):
        yield _broken("From", "an encoded-word inside the address")


def _not_in_name(line: bytes) -> bytes:
    """Return a field without the name of a List-Id, which may hold encoded-words (RFC 2919)."""
    return line.partition(b"<")[2] if line.lower().startswith(b"list-id:") else line


def _broken(name: str, what: str) -> Finding:
    return found(Code.HEADER_BROKEN, f"header, {name}", what, _FIX)
