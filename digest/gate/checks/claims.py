"""Checks an editor's own words against the pages, and frozen ones against pages that changed."""

from collections.abc import Iterator

from digest.gate.findings import Code, Finding, found
from digest.gate.sample_message import SampleMessage


def check_claims(mail: SampleMessage) -> Iterator[Finding]:
    """Yield a finding for each text that is false, unfinished or stale, and each changed page."""
    for where, what in mail.claims.false:
        yield found(Code.WORDS_FALSE, where, what, f"say what holds: {_edit(where)}")
    for where, what in mail.claims.unfinished:
        yield found(Code.WORDS_UNFINISHED, where, what, f"finish it: {_edit(where)}")
    for where, what in mail.claims.stale:
        yield found(Code.WORDS_STALE, where, what, "read it again; digest issue edit N changes it")
    for what in mail.claims.changed:
        yield found(Code.PAGE_CHANGED, "pages", what, "see: digest issue diff N")


def _edit(where: str) -> str:
    """Return the command that writes a field: `subject`, or `headline/SLUG` of a comparison."""
    name, _, slug = where.partition("/")
    return f'digest issue edit N --{name} {slug}{"=" * bool(slug)}"..."'
