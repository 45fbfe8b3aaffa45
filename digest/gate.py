"""The gate: what must be right before an issue is approved, looked for in its final bytes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from digest.brand import NO_ADDRESS
from digest.render.rendered import Rendered
from digest.render.slots import MARKS, Slot

GMAIL_CLIPS_AT = 102_000
BUDGET = 90_000
LONGEST_SUBJECT = 90
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Level(StrEnum):
    BLOCKS = "blocks"
    WARNS = "warns"
    INFORMS = "informs"


@dataclass(frozen=True, slots=True)
class Finding:
    """`where` is a part of the message; `mend` says what to do."""

    level: Level
    where: str
    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.level}: {self.where}: {self.what}; {self.mend}"


def check(rendered: Rendered) -> list[Finding]:
    """Every finding, those that block first."""
    findings = [
        *_subject(rendered),
        *_size(rendered),
        *_unsubscribe(rendered),
        *_slots(rendered),
        *_links(rendered),
        *_sender(rendered),
    ]
    return sorted(findings, key=lambda finding: list(Level).index(finding.level))


def blocking(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.level is Level.BLOCKS]


def _subject(rendered: Rendered) -> Iterator[Finding]:
    mend = 'set one with: digest issue edit N --subject "..."'
    if not rendered.subject.strip():
        yield Finding(Level.BLOCKS, "subject", "it is empty", mend)
    if len(rendered.subject) > LONGEST_SUBJECT:
        what = f"{len(rendered.subject)} characters; inboxes cut it"
        yield Finding(Level.WARNS, "subject", what, f"keep it under {LONGEST_SUBJECT}")
    if not rendered.preheader.strip():
        what = "it is empty, so inboxes show the first words of the mail"
        yield Finding(Level.WARNS, "preheader", what, mend.replace("subject", "preheader"))


def _size(rendered: Rendered) -> Iterator[Finding]:
    size = len(rendered.html.encode())
    mend = "pick fewer comparisons or shorten the templates"
    if size > GMAIL_CLIPS_AT:
        yield Finding(Level.BLOCKS, "html", f"{size:,} bytes; Gmail cuts at 102,000", mend)
    elif size > BUDGET:
        yield Finding(Level.WARNS, "html", f"{size:,} bytes of a budget of {BUDGET:,}", mend)
    else:
        yield Finding(Level.INFORMS, "html", f"{size:,} bytes", "nothing to do")


def _unsubscribe(rendered: Rendered) -> Iterator[Finding]:
    for where, part in (("html", rendered.html), ("text", rendered.text)):
        if Slot.UNSUBSCRIBE.mark not in part:
            yield Finding(
                Level.BLOCKS, where, "no unsubscribe link", "put the link back into the template"
            )
    position = len(rendered.html.partition(Slot.UNSUBSCRIBE.mark)[0].encode())
    if position > BUDGET:
        what = f"the first unsubscribe link stands at byte {position:,}, where Gmail may have cut"
        yield Finding(Level.BLOCKS, "html", what, "put one near the top")


def _slots(rendered: Rendered) -> Iterator[Finding]:
    for where, part in (("html", rendered.html), ("text", rendered.text)):
        for mark in sorted(set(re.findall(r"~~[a-z-]+~~", part))):
            if not MARKS.fullmatch(mark):
                yield Finding(Level.WARNS, where, f"{mark} is no slot", "mend the template")
        for left in sorted(set(re.findall(r"\{\{.*?\}\}|\{%.*?%\}", part)))[:3]:
            yield Finding(
                Level.INFORMS,
                where,
                f"looks like an open tag: {left}",
                "nothing to do if a page or the subject says just that",
            )


def _links(rendered: Rendered) -> Iterator[Finding]:
    for link in rendered.links:
        parts = urlsplit(link.url)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            what = f"link {link.number} is not https: {link.url}"
            yield Finding(
                Level.WARNS, "links", what, "import the comparison with its https address"
            )


def _sender(rendered: Rendered) -> Iterator[Finding]:
    if NO_ADDRESS in rendered.text:
        what = "no postal address, which CAN-SPAM asks for"
        yield Finding(Level.WARNS, "footer", what, "set DIGEST_POSTAL_ADDRESS")
