"""What a letter in the bounce mailbox says, if it speaks of a message of ours at all.

Delivery status notifications (RFC 3464), feedback reports (RFC 5965), bounces in odd formats
(flufl.bounce), and readers who write "unsubscribe". Everything else means nothing here.

Pure, over the bytes alone. Which delivery it is about is for `Tokens` to say: a letter only
offers names that may be its token.
"""

import logging
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from flufl.bounce import all_failures

from digest.deliver.bounce_policy.bounce_type import BounceType, classify_status, find_status
from digest.deliver.providers.wire_address import redact
from digest.events.tables import EventKind
from digest.track.provider_events.event import OptOut
from subscribers.tokens import TOKEN_LENGTH

MAX_MESSAGE_BYTES = 1024 * 1024
"""Bytes that are read of one; what follows is a message that came back whole."""
MAX_HEURISTIC_BYTES = 128 * 1024
"""Bytes looked through for a bounce in an odd format, whose words stand first: every detector goes
over every line, and a letter made of nothing else would keep them busy for many seconds."""
MAX_CANDIDATES = 50
MAX_NOTE_LENGTH = 300

_TOKEN = rf"[A-Za-z0-9_-]{{{TOKEN_LENGTH}}}"
_IN_LOCAL_PART = re.compile(rf"(?<![A-Za-z0-9_-])({_TOKEN})(?=[^A-Za-z0-9_@-]*@)")
_MESSAGE_ID = re.compile(rf"<({_TOKEN})@[^<>@\s]{{1,255}}>")
_WISH = re.compile(rf"\bunsubscribe\s+({_TOKEN})(?![A-Za-z0-9_-])", re.IGNORECASE)
_ARRIVED_FOR = ("To", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To")
_MACHINES = re.compile(r"\b(mailer-daemon|postmaster|mail-daemon|mailerdaemon)\b", re.IGNORECASE)
_AUTOMATIC = ("X-Autoreply", "X-Autorespond")
_ACTIONS = {
    "failed": EventKind.BOUNCED,
    "delayed": EventKind.DEFERRED,
    "delivered": EventKind.DELIVERED,
    "relayed": EventKind.PROCESSED,
    "expanded": EventKind.PROCESSED,
}
"""RFC 3464 section 2.3.3, gravest first."""
_FEEDBACK = {
    "abuse": (EventKind.COMPLAINED, OptOut.COMPLAIN),
    "fraud": (EventKind.COMPLAINED, OptOut.COMPLAIN),
    "opt-out": (EventKind.UNSUBSCRIBED, OptOut.UNSUBSCRIBE),
}
"""RFC 5965 section 7.3 and RFC 6430. Of the other types none is a reader's word against us."""

# A detector that stumbles says so with a traceback; who reads the letter says it in a line.
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)


class InboundReport(NamedTuple):
    """`names` may be a delivery's token, the likeliest first. `code` and `note` hold no address."""

    kind: EventKind
    names: tuple[str, ...]
    date: str = ""
    """The letter's own Date header, whatever stands there."""
    fault: BounceType = BounceType.NONE
    code: str | None = None
    note: str = ""
    opt_out: OptOut | None = None


class UnsubscribeRequest(NamedTuple):
    """A reader asks to be taken off the list; `token` is to be one for that purpose."""

    token: str


def parse_inbound_message(raw: bytes) -> InboundReport | UnsubscribeRequest | None:
    """None for what is none of our business. May raise whatever a parser stumbles over."""
    message = _parsed(raw[:MAX_MESSAGE_BYTES])
    report = _status(message) or _feedback(message)
    if report is None:
        said = _header(message, "Auto-Submitted").lower()
        wish = _WISH.search(_header(message, "Subject"))
        # Mail programs may call it generated when they write it at a reader's click.
        if wish and not said.startswith("auto-replied"):
            return UnsubscribeRequest(wish[1])
        if _answers_by_itself(message):
            return None
        report = _odd(
            message if len(raw) <= MAX_HEURISTIC_BYTES else _parsed(raw[:MAX_HEURISTIC_BYTES])
        )
    if report is None:
        return None
    names = tuple(dict.fromkeys(_names(message)))[:MAX_CANDIDATES]
    return report._replace(names=names, date=_header(message, "Date")) if names else None


def _parsed(raw: bytes) -> Message:
    return message_from_bytes(raw, policy=compat32)


def date_of(report: InboundReport) -> float | None:
    """Seconds since 1970 as its Date header says; None where that can't be read."""
    try:
        return parsedate_to_datetime(report.date).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _status(message: Message) -> InboundReport | None:
    """A delivery status notification: the gravest of what it says of its recipients."""
    found: list[tuple[int, InboundReport]] = []
    order = list(_ACTIONS.values())
    for part in message.walk():
        if part.get_content_type() not in (
            "message/delivery-status",
            "message/global-delivery-status",
        ):
            continue
        for fields in _blocks(part):
            kind = _ACTIONS.get(_header(fields, "Action").split(" ")[0].lower())
            if kind is not None:
                found.append((order.index(kind), _one(fields, kind)))
    return min(found, key=lambda one: one[0])[1] if found else None


def _blocks(part: Message) -> Iterator[Message]:
    """The groups of fields; some senders put them there as text."""
    payload = part.get_payload()
    if isinstance(payload, list):
        yield from (one for one in payload if isinstance(one, Message))


def _one(fields: Message, kind: EventKind) -> InboundReport:
    told = _header(fields, "Diagnostic-Code")
    status = find_status(_header(fields, "Status"))
    if status is None or status.endswith(".0.0"):
        # The general code says less than what the other server answered.
        status = find_status(told) or status
    if kind is not EventKind.BOUNCED:
        return InboundReport(kind, (), code=status, note=_note(told))
    # Without a code nobody knows what was asked when this was answered: never hard.
    return InboundReport(
        kind, (), "", classify_status(status, BounceType.SOFT), status or "bounce", _note(told)
    )


def _feedback(message: Message) -> InboundReport | None:
    for part in message.walk():
        if part.get_content_type() != "message/feedback-report":
            continue
        payload = part.get_payload()
        fields = payload[0] if isinstance(payload, list) and payload else None
        text = _text(part) if fields is None else ""
        named = _header(fields, "Feedback-Type") if isinstance(fields, Message) else ""
        if not named and (listed := re.search(r"(?im)^feedback-type:\s*([\w-]+)", text)):
            named = listed[1]
        meant = _FEEDBACK.get(named.strip().lower())
        if meant:
            return InboundReport(
                meant[0], (), note=f"feedback report: {named.lower()}", opt_out=meant[1]
            )
    return None


def _odd(message: Message) -> InboundReport | None:
    """A bounce that follows no standard: known by its looks, its code looked for in the words."""
    try:
        temporary, permanent = all_failures(message)
    except Exception:  # noqa: BLE001 - its detectors stumble over letters of no known kind
        return None
    if not temporary and not permanent:
        return None
    words = next(_texts(message), "")
    status = find_status(words)
    if not permanent:
        return InboundReport(EventKind.DEFERRED, (), code=status, note="a warning in an odd format")
    note = f"a bounce in an odd format{': ' + status if status else ''}"
    fault = classify_status(status, BounceType.SOFT)
    return InboundReport(EventKind.BOUNCED, (), "", fault, status or "bounce", note)


def _answers_by_itself(message: Message) -> bool:
    """A holiday notice and its like (RFC 3834), unless a mail server is speaking."""
    if _MACHINES.search(_header(message, "From")) or _header(message, "Return-Path") == "<>":
        return False
    automatic = _header(message, "Auto-Submitted").lower() not in ("", "no")
    return automatic or any(message.get(name) is not None for name in _AUTOMATIC)


def _names(message: Message) -> Iterator[str]:
    """Where it was sent to, then the Message-ID of what came back, then any in the text."""
    for header in _ARRIVED_FOR:
        for value in message.get_all(header, []):
            yield from _IN_LOCAL_PART.findall(str(value))
    for part in message.walk():
        if part is not message:
            yield from _MESSAGE_ID.findall(_header(part, "Message-ID"))
    for header in ("In-Reply-To", "References"):
        yield from _MESSAGE_ID.findall(_header(message, header))
    for text in _texts(message):
        yield from _MESSAGE_ID.findall(text)


def _texts(message: Message) -> Iterator[str]:
    for part in message.walk():
        if not part.is_multipart():
            yield _text(part)


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _header(message: Message, name: str) -> str:
    """One line; a header outside ASCII comes as an object that must be made text of."""
    return " ".join(str(message.get(name, "")).split())


def _note(text: str) -> str:
    printable = "".join(one if one.isprintable() else " " for one in redact(text))
    return printable[:MAX_NOTE_LENGTH]
