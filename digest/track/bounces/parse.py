"""Parses an inbound message from the bounce mailbox: a report on one of our messages, or nothing.

Understands delivery status notifications (RFC 3464, RFC 6533), feedback reports (RFC 5965),
reports of mail servers in other forms, and readers who write "unsubscribe".

Values only. The caller says which tokens are ours and where they were mailed to: a report counts
only if it is a mail server's own and is tied to a message of ours, and only against the address
that was mailed.
"""

from collections.abc import Callable, Sequence
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import NamedTuple

from digest.deliver.bounce_policy.bounce_type import BounceType
from digest.deliver.bounce_policy.failure import Failure
from digest.events.tables import EventKind
from digest.track.bounces.candidates import report_candidates
from digest.track.bounces.complaints import read_complaint
from digest.track.bounces.delivery_report import judge_report
from digest.track.bounces.inbound_message import InboundMessage, SectionKind, read_message
from digest.track.bounces.senders import Author, author_of
from digest.track.bounces.unsubscribe import asks_in_words, unsubscribe_candidates
from digest.track.provider_events.delivery_event import OptOut
from store.text import printable_line
from subscribers.tokens import HEX_LENGTH, token_from_hex

MAX_MESSAGE_BYTES = 1024 * 1024
"""Bytes read of an inbound message; the rest is the returned original."""

FindRecipient = Callable[[Sequence[str]], str | None]
"""Returns the address that the first token of ours was mailed to, in lower case; empty if the
person is erased or has changed their address since, None if no token is ours."""


class Meaning(StrEnum):
    """What an inbound message is, where it reports nothing that can be acted on."""

    AUTO_REPLY = "automatic answer"
    PERSON = "a person's message"
    UNSUBSCRIBE_REQUEST = "asks in words to unsubscribe"
    NOT_OURS = "report on a message that is not ours"
    ANOTHER_ADDRESS = "about another address"
    NOT_UNDERSTOOD = "not understood"


class InboundReport(NamedTuple):
    """What a message reports. `tokens` may be a delivery's, the likeliest first.

    `code` and `note` hold no address.
    """

    kind: EventKind
    tokens: tuple[str, ...]
    date: str = ""
    """The Date header as it stands there."""
    bounce_type: BounceType = BounceType.NONE
    code: str | None = None
    note: str = ""
    opt_out: OptOut | None = None
    failure: Failure | None = None


class UnsubscribeRequest(NamedTuple):
    """A reader asks by mail to be unsubscribed; `tokens` still have to be verified."""

    tokens: tuple[str, ...]


class Ignored(NamedTuple):
    """Nothing to act on; `sender` is the From header."""

    meaning: Meaning
    sender: str = ""


def parse_inbound_message(
    raw: bytes, find_recipient: FindRecipient = lambda _: "", *, ours: str = ""
) -> InboundReport | UnsubscribeRequest | Ignored:
    """May raise whatever a parser raises. `ours` is the domain that we mail from."""
    inbound = read_message(raw[:MAX_MESSAGE_BYTES])
    if tokens := unsubscribe_candidates(inbound):
        return UnsubscribeRequest(_spelt(tokens))
    complaint = read_complaint(inbound)
    if complaint is None and (meaning := _not_a_report(inbound)):
        return Ignored(meaning, inbound.header("From"))
    candidates = _spelt(report_candidates(inbound))
    recipient = find_recipient(candidates) if candidates else None
    if recipient is None:
        return Ignored(Meaning.NOT_OURS)
    if complaint is not None:
        kind, opt_out, note = complaint
        report: InboundReport | None = InboundReport(kind, candidates, note=note, opt_out=opt_out)
    else:
        report = _judged(inbound, candidates, recipient, ours)
    if report is None:
        return Ignored(Meaning.NOT_UNDERSTOOD)
    note = printable_line(report.note)
    return report._replace(date=inbound.header("Date"), note=note)


def _not_a_report(inbound: InboundMessage) -> Meaning | None:
    """Returns what a message is if it is no mail server's report; None for a report."""
    if inbound.texts(SectionKind.FEEDBACK):
        return Meaning.NOT_UNDERSTOOD
    author = author_of(inbound)
    if author is Author.PROGRAM:
        return Meaning.AUTO_REPLY
    if author is Author.PERSON:
        return Meaning.UNSUBSCRIBE_REQUEST if asks_in_words(inbound) else Meaning.PERSON
    return None


def _judged(
    inbound: InboundMessage, tokens: tuple[str, ...], recipient: str, ours: str
) -> InboundReport | None:
    judged = judge_report(inbound, recipient, ours)
    if judged is None:
        return None
    kind, failure, note = judged
    if kind is not EventKind.BOUNCED or failure is None:
        code = failure.enhanced if failure else None
        return InboundReport(kind, tokens, code=code, note=note, failure=failure)
    code = failure.enhanced or "bounce"
    return InboundReport(kind, tokens, "", failure.bounce_type(), code, note, failure=failure)


def _spelt(tokens: Sequence[str]) -> tuple[str, ...]:
    """Returns the tokens as `Tokens` reads them: addresses carry them in hexadecimal."""
    spelt = (token_from_hex(one) if len(one) == HEX_LENGTH else one for one in tokens)
    return tuple(dict.fromkeys(spelt))


def date_of(report: InboundReport) -> float | None:
    """Returns the Date header in seconds since 1970; None if it can't be parsed."""
    try:
        return parsedate_to_datetime(report.date).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
