"""Checks the plain text part: that it says as much as the HTML, and the postal address."""

from collections.abc import Iterator

from digest.brand import NO_ADDRESS
from digest.gate.findings import Code, Finding, found
from digest.gate.sample_message import SampleMessage

_MIN_SHARE_OF_WORDS = 0.25
"""Of the HTML part's words: with fewer, the text part is not the same message."""


def check_text_part(mail: SampleMessage) -> Iterator[Finding]:
    """Yield a finding if the text part is empty, far too short, or without a postal address."""
    fix = "fix templates/email/digest/issue.txt.j2"
    if not mail.text.strip():
        what = "it is empty, and filters and some readers want one"
        yield found(Code.TEXT_MISSING, "text", what, fix)
    elif len(mail.text.split()) < _MIN_SHARE_OF_WORDS * len(mail.page.root.words().split()):
        yield found(Code.TEXT_THIN, "text", "it says far less than the HTML", fix)
    if NO_ADDRESS in mail.text:
        what = "no postal address, which CAN-SPAM asks for"
        yield found(Code.POSTAL_ADDRESS, "footer", what, "set DIGEST_POSTAL_ADDRESS")
