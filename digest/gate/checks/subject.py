"""Checks subject and preheader: lengths that inboxes show, and tricks that filters punish."""

import re
from collections.abc import Iterator

from digest.gate.findings import Code, Finding, found
from digest.gate.sample_message import SampleMessage

MAX_SUBJECT_LENGTH = 90
MAX_PREHEADER_LENGTH = 150
"""In characters; no inbox shows more."""
_MIN_LETTERS = 10
"""With fewer, capitals may be an acronym."""
_MAX_SHARE_OF_CAPITALS = 0.7

_REPEATED = re.compile(r"[!?]{2,}|[$€£]{2,}|\.{4,}|\*{2,}")
_REPLY = re.compile(r"\s*(?:re|fwd?|aw|wg|tr|sv|vs|rv)\s{,9}(?:\[\d{,9}\])?\s{,9}:", re.IGNORECASE)
# An emoji may be several code points: joined, with a skin tone, with a variation selector.
_EMOJI = re.compile(
    "[\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff\u2600-\u27bf\u2b50\u2b55]"
    "(?:[\ufe0f\U0001f3fb-\U0001f3ff]|\u200d[\U0001f300-\U0001faff\u2600-\u27bf])*"
)
_MAX_EMOJI = 2
# Joiners between letters or emoji are spelling in several scripts; runs of them are not.
_PADDING = re.compile(
    "[\u200b\u200e\u200f\u2060\u034f\u00ad\ufeff\u3164\u115f\u180e]{2,}"
    "|[\u200b-\u200d\u2060\u034f\u00ad\ufeff\u3164\u2800](?=\\s|$)|\\s{4,}|[\U000e0000-\U000e007f]"
)


def check_subject(mail: SampleMessage) -> Iterator[Finding]:
    """Yield a finding for each length or trick in the subject and the preheader."""
    yield from _lengths(mail)
    for where, text in (("subject", mail.subject), ("preheader", mail.preheader)):
        yield from _tricks(where, text)


def _set(name: str) -> str:
    """Return the advice to set the subject or the preheader."""
    return f'set one with: digest issue edit N --{name} "..."'


def _lengths(mail: SampleMessage) -> Iterator[Finding]:
    subject, preheader = mail.subject.strip(), mail.preheader.strip()
    if not subject:
        yield found(Code.SUBJECT_EMPTY, "subject", "it is empty", _set("subject"))
    if subject and _bare(subject) == _bare(mail.last_subject):
        what = "it is the last issue's subject again"
        yield found(Code.SUBJECT_REPEATED, "subject", what, _set("subject"))
    if len(subject) > MAX_SUBJECT_LENGTH:
        what = f"{len(subject)} characters; inboxes cut it"
        yield found(Code.SUBJECT_LONG, "subject", what, f"keep it under {MAX_SUBJECT_LENGTH}")
    if not preheader:
        what = "it is empty, so inboxes show the first words of the mail"
        yield found(Code.PREHEADER_EMPTY, "preheader", what, _set("preheader"))
    if len(preheader) > MAX_PREHEADER_LENGTH:
        what = f"{len(preheader)} characters; no inbox shows them"
        yield found(Code.PREHEADER_LONG, "preheader", what, f"keep it under {MAX_PREHEADER_LENGTH}")
    if subject and preheader.casefold().startswith(subject.casefold()):
        what = "it says the subject again"
        yield found(Code.PREHEADER_REPEATS, "preheader", what, _set("preheader"))


def _bare(subject: str) -> str:
    """Return a subject without what readers overlook: case, blanks, marks at its end."""
    return " ".join(subject.casefold().split()).rstrip(".!…")


def _tricks(where: str, text: str) -> Iterator[Finding]:
    fix = f'say it plainly: digest issue edit N --{where} "..."'
    letters = [one for one in text if one.isupper() or one.islower()]
    capitals = sum(one.isupper() for one in letters)
    if len(letters) >= _MIN_LETTERS and capitals > _MAX_SHARE_OF_CAPITALS * len(letters):
        what = f"{capitals} of {len(letters)} letters are capitals"
        yield found(Code.WORDS_SHOUT, where, what, fix)
    repeated = _REPEATED.search(text)
    if repeated:
        yield found(Code.WORDS_PUNCTUATION, where, f"{repeated[0][:9]!r} is what spam does", fix)
    reply = _REPLY.match(text)
    if reply:
        what = f"{reply[0].strip()!r} makes believe that it answers the reader"
        yield found(Code.WORDS_FAKE_REPLY, where, what, fix)
    emoji = _EMOJI.findall(text)
    if len(emoji) > _MAX_EMOJI:
        yield found(Code.WORDS_EMOJI, where, f"{len(emoji)} emoji", f"keep {_MAX_EMOJI} or fewer")
    padding = _PADDING.search(text)
    if padding:
        point = f"U+{ord(padding[0][0]):04X}"
        what = f"blanks that nobody sees ({point} at character {padding.start() + 1})"
        yield found(Code.WORDS_PADDED, where, what, fix)
