"""Checks an editor's own words against the pages, and frozen ones against pages that changed."""

from collections.abc import Iterator

from digest.gate.findings import Code, Finding, found
from digest.gate.sample_message import SampleMessage


def check_claims(mail: SampleMessage) -> Iterator[Finding]:
    """Yield a finding for each claim that is false, each text that is stale, each changed page."""
    for where, what in mail.claims.false:
        fix = f'say what holds: digest issue edit N --{where} "..."'
        yield found(Code.WORDS_FALSE, where, what, fix)
    for where, what in mail.claims.stale:
        yield found(Code.WORDS_STALE, where, what, "read it again; digest issue edit N changes it")
    for what in mail.claims.changed:
        yield found(Code.PAGE_CHANGED, "pages", what, "see: digest issue diff N")
