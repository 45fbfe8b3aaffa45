"""What should have been replaced on the way: slots, template tags, MJML, garbled characters."""

import re
from collections.abc import Iterator

from digest.brand import NO_ADDRESS
from digest.gate.findings import Code, Finding, found
from digest.gate.sample_message import SampleMessage
from digest.render.slots import MARKS

_MARK = re.compile(r"~~[a-z-]+~~")
# Bounded: a page that says "{{" ten thousand times would hold the gate up for a minute.
_TAG = re.compile(r"\{\{.{,200}?\}\}|\{%.{,200}?%\}")
_MJML = re.compile(r"</?mj(?:ml|-[a-z-]+)\b")
_ESCAPE = re.compile(r"\\u\{([0-9a-f]{1,6})\}")
# UTF-8 read as Latin-1 or Windows-1252: a lead byte's letter, then a continuation byte's.
_TWICE = re.compile("[ÃÂ][\u0080-\u00bf]|â€[™œ\u009d“”¦\u0093\u0094]")
_LOST = re.compile("\ufffd")
_SHARE_OF_WORDS = 0.25


def check_leftovers(mail: SampleMessage) -> Iterator[Finding]:
    yield from _slots(mail)
    for match in _MJML.finditer(mail.html):
        what = f"{match[0]}> reached the mail, where no client shows it"
        fix = "the tag is misspelt or misplaced; see docs/templates.md"
        yield found(Code.MJML_LEFT, mail.page.where(match.start()), what, fix)
    yield from _garbled(mail)
    if not mail.text.strip():
        what = "it is empty, and filters and some readers want one"
        yield found(Code.TEXT_MISSING, "text", what, "fix templates/email/digest/issue.txt.j2")
    elif len(mail.text.split()) < _SHARE_OF_WORDS * len(mail.page.root.words().split()):
        what = "it says far less than the HTML"
        yield found(Code.TEXT_THIN, "text", what, "fix templates/email/digest/issue.txt.j2")
    if NO_ADDRESS in mail.text:
        what = "no postal address, which CAN-SPAM asks for"
        yield found(Code.POSTAL_ADDRESS, "footer", what, "set DIGEST_POSTAL_ADDRESS")


def _slots(mail: SampleMessage) -> Iterator[Finding]:
    parts = (("html", mail.html), ("text", mail.text))
    for part, text in (*parts, ("header", mail.header.decode("ascii", "replace"))):
        for match in _first_of_each(_MARK, text):
            where = f"{part}, character {match.start() + 1:,}"
            if MARKS.fullmatch(match[0]):
                yield found(Code.SLOT_OPEN, where, f"{match[0]} was not filled", "report it")
            else:
                yield found(Code.SLOT_UNKNOWN, where, f"{match[0]} is no slot", "fix the template")
        for match in _first_of_each(_TAG, text)[:3]:
            what = f"looks like an open tag: {match[0][:40]}"
            fix = "fix the template; nothing to do if a page says just that"
            yield found(Code.TEMPLATE_LEFT, f"{part}, character {match.start() + 1:,}", what, fix)


def _garbled(mail: SampleMessage) -> Iterator[Finding]:
    r"""A `\u{a0}` in an attribute is the MJML library's, unless the text part says it too."""
    for element in mail.page.elements:
        for name, value in element.attributes.items():
            for match in _ESCAPE.finditer(value):
                if match[0] not in mail.text and match[0] not in mail.subject:
                    what = f"{name} holds {match[0]} for a character"
                    fix = "put |attr after what stands in that attribute"
                    where = mail.page.place(element)
                    yield found(Code.CHARACTERS_GARBLED, where, what, fix)
    fix = "the page came in with the wrong encoding; import it again as UTF-8"
    for part, text in (("html", mail.html), ("text", mail.text), ("subject", mail.subject)):
        wrong = _LOST.search(text) or _TWICE.search(text)
        if wrong:
            where = f"{part}, character {wrong.start() + 1:,}"
            what = f"{text[max(wrong.start() - 10, 0) : wrong.end() + 10]!r}"
            yield found(Code.CHARACTERS_GARBLED, where, what, fix)


def _first_of_each(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    seen: dict[str, re.Match[str]] = {}
    for match in pattern.finditer(text):
        seen.setdefault(match[0], match)
    return list(seen.values())
