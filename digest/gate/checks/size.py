"""Checks the size of the HTML: Gmail shows the first 102 KB and hides the rest."""

from collections.abc import Iterator

from digest.gate.findings import Code, Finding, found
from digest.gate.sample_message import SampleMessage

GMAIL_CLIPS_AT = 102_000
BUDGET = 90_000
"""Bytes of HTML as sent; the rest is a margin for what relays add."""


def check_size(mail: SampleMessage) -> Iterator[Finding]:
    """Yield the size, and a finding if it, or the unsubscribe link, is beyond a limit."""
    size = len(mail.html.encode())
    fix = "pick fewer comparisons or shorten the templates"
    at = len(mail.html.partition(mail.unsubscribe)[0].encode())
    position = f"the first unsubscribe link stands at byte {at:,}"
    if size > GMAIL_CLIPS_AT:
        what = f"{size:,} bytes; Gmail cuts at {GMAIL_CLIPS_AT:,}"
        yield found(Code.SIZE_CLIPPED, "html", what, fix)
    elif size > BUDGET:
        yield found(Code.SIZE_BUDGET, "html", f"{size:,} bytes of a budget of {BUDGET:,}", fix)
    else:
        yield found(Code.SIZE, "html", f"{size:,} bytes; {position}", "nothing to do")
    if at > BUDGET and mail.unsubscribe in mail.html:
        what = f"{position}, where Gmail may have cut"
        yield found(Code.UNSUBSCRIBE_LOW, f"html, byte {at:,}", what, "put one near the top")
