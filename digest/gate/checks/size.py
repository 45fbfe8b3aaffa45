"""Gmail shows no more than its first 102 KB of a message's HTML and hides the rest, way out too."""

from collections.abc import Iterator

from digest.gate.findings import Code, Finding, found
from digest.gate.sample_message import SampleMessage

GMAIL_CLIPS_AT = 102_000
BUDGET = 90_000
"""Bytes of HTML as sent, links rewritten: what is left is for what relays may add."""


def check_size(mail: SampleMessage) -> Iterator[Finding]:
    size = len(mail.html.encode())
    fix = "pick fewer comparisons or shorten the templates"
    at = len(mail.html.partition(mail.unsubscribe)[0].encode())
    way_out = f"the first unsubscribe link stands at byte {at:,}"
    if size > GMAIL_CLIPS_AT:
        what = f"{size:,} bytes; Gmail cuts at {GMAIL_CLIPS_AT:,}"
        yield found(Code.SIZE_CLIPPED, "html", what, fix)
    elif size > BUDGET:
        yield found(Code.SIZE_BUDGET, "html", f"{size:,} bytes of a budget of {BUDGET:,}", fix)
    else:
        yield found(Code.SIZE, "html", f"{size:,} bytes; {way_out}", "nothing to do")
    if at > BUDGET and mail.unsubscribe in mail.html:
        what = f"{way_out}, where Gmail may have cut"
        yield found(Code.UNSUBSCRIBE_LOW, f"html, byte {at:,}", what, "put one near the top")
