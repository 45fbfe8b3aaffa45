"""Finds what rendering should have replaced: slots, template tags and MJML tags."""

import re
from collections.abc import Iterator

from digest.gate.findings import Code, Finding, found
from digest.gate.sample_message import SampleMessage
from digest.render.slots import DATE_MARK, MARKS

_MARK = re.compile(r"~~[a-z-]+~~")
# Bounded: a page that says "{{" ten thousand times would hold the gate up for a minute.
_TAG = re.compile(r"\{\{.{,200}?\}\}|\{%.{,200}?%\}")
_MJML = re.compile(r"</?mj(?:ml|-[a-z-]+)\b")


def check_unrendered(mail: SampleMessage) -> Iterator[Finding]:
    """Yield a finding for each slot, template tag or MJML tag that is still in the message."""
    yield from _slots_and_tags(mail)
    for match in _MJML.finditer(mail.html):
        what = f"{match[0]}> reached the mail, where no client shows it"
        fix = "the tag is misspelt or misplaced; see docs/templates.md"
        yield found(Code.MJML_LEFT, mail.page.where(match.start()), what, fix)


def _slots_and_tags(mail: SampleMessage) -> Iterator[Finding]:
    parts = (("html", mail.html), ("text", mail.text))
    for part, text in (*parts, ("header", mail.header.decode("ascii", "replace"))):
        for match in _first_of_each(_MARK, text):
            where = f"{part}, character {match.start() + 1:,}"
            if match[0] == DATE_MARK or MARKS.fullmatch(match[0]):
                yield found(Code.SLOT_OPEN, where, f"{match[0]} was not filled", "report it")
            else:
                yield found(Code.SLOT_UNKNOWN, where, f"{match[0]} is no slot", "fix the template")
        for match in _first_of_each(_TAG, text)[:3]:
            what = f"looks like an open tag: {match[0][:40]}"
            fix = "fix the template; nothing to do if a page says just that"
            yield found(Code.TEMPLATE_LEFT, f"{part}, character {match.start() + 1:,}", what, fix)


def _first_of_each(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    """Return the first match of every distinct text that `pattern` finds."""
    first: dict[str, re.Match[str]] = {}
    for match in pattern.finditer(text):
        first.setdefault(match[0], match)
    return list(first.values())
