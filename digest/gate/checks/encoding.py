"""Finds characters that were decoded or escaped wrongly on their way into the message."""

import re
from collections.abc import Iterator

from digest.gate.findings import Code, Finding, found
from digest.gate.sample_message import SampleMessage

_ESCAPE = re.compile(r"\\u\{([0-9a-f]{1,6})\}")
# UTF-8 read as Latin-1 or Windows-1252: a lead byte's letter, then a continuation byte's.
_DECODED_TWICE = re.compile("[ÃÂ][\u0080-\u00bf]|â€[™œ\u009d“”¦\u0093\u0094]")
_REPLACEMENT = re.compile("\ufffd")


def check_encoding(mail: SampleMessage) -> Iterator[Finding]:
    """Yield a finding for each escape in an attribute, and one for each part with garbled text."""
    yield from _escapes(mail)
    fix = "the page came in with the wrong encoding; import it again as UTF-8"
    for part, text in (("html", mail.html), ("text", mail.text), ("subject", mail.subject)):
        wrong = _REPLACEMENT.search(text) or _DECODED_TWICE.search(text)
        if wrong:
            where = f"{part}, character {wrong.start() + 1:,}"
            what = f"{text[max(wrong.start() - 10, 0) : wrong.end() + 10]!r}"
            yield found(Code.CHARACTERS_GARBLED, where, what, fix)


def _escapes(mail: SampleMessage) -> Iterator[Finding]:
    r"""Yield a finding for each `\u{a0}` that the MJML library wrote into an attribute.

    An escape that also occurs in the text part or the subject was written by an author.
    """
    for element in mail.page.elements:
        for name, value in element.attributes.items():
            for match in _ESCAPE.finditer(value):
                if match[0] not in mail.text and match[0] not in mail.subject:
                    what = f"{name} holds {match[0]} for a character"
                    fix = "put |attr after the expression in that attribute"
                    where = mail.page.place(element)
                    yield found(Code.CHARACTERS_GARBLED, where, what, fix)
