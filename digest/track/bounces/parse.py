"""Parses an inbound message from the bounce mailbox: a report on one of our messages, or nothing.

Understands delivery status notifications (RFC 3464), feedback reports (RFC 5965), bounces in other
formats (flufl.bounce) and readers who write "unsubscribe". Ignores everything else.

Pure functions over the bytes. They only offer strings that may be a delivery's token; the caller
verifies them with `Tokens`.
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
from digest.track.provider_events.delivery_event import OptOut
from subscribers.tokens import TOKEN_LENGTH

MAX_MESSAGE_BYTES = 1024 * 1024
"""Bytes read of an inbound message; the rest is the returned original."""
MAX_HEURISTIC_BYTES = 128 * 1024
"""Bytes searched for a bounce in another format, which says so at its beginning. Every detector
reads every line, so a hostile message of full size would keep them busy for many seconds."""
MAX_CANDIDATES = 50
MAX_NOTE_LENGTH = 300

_TOKEN = rf"[A-Za-z0-9_-]{{{TOKEN_LENGTH}}}"
_IN_LOCAL_PART = re.compile(rf"(?<![A-Za-z0-9_-])({_TOKEN})(?=[^A-Za-z0-9_@-]*@)")
_MESSAGE_ID = re.compile(rf"<({_TOKEN})@[^<>@\s]{{1,255}}>")
_UNSUBSCRIBE = re.compile(rf"\bunsubscribe\s+({_TOKEN})(?![A-Za-z0-9_-])", re.IGNORECASE)
_RECIPIENT_HEADERS = ("To", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To")
_MAIL_SERVERS = re.compile(
    r"\b(mailer-daemon|postmaster|mail-daemon|mailerdaemon)\b", re.IGNORECASE
)
_AUTO_REPLY_HEADERS = ("X-Autoreply", "X-Autorespond")
_ACTIONS = {
    "failed": EventKind.BOUNCED,
    "delayed": EventKind.DEFERRED,
    "delivered": EventKind.DELIVERED,
    "relayed": EventKind.PROCESSED,
    "expanded": EventKind.PROCESSED,
}
"""RFC 3464 section 2.3.3, most severe first."""
_FEEDBACK = {
    "abuse": (EventKind.COMPLAINED, OptOut.COMPLAIN),
    "fraud": (EventKind.COMPLAINED, OptOut.COMPLAIN),
    "opt-out": (EventKind.UNSUBSCRIBED, OptOut.UNSUBSCRIBE),
}
"""RFC 5965 section 7.3 and RFC 6430. No other type is a reader's complaint."""

# Its detectors log tracebacks; the caller logs one line instead.
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)


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


class UnsubscribeRequest(NamedTuple):
    """A reader asks by mail to be unsubscribed; `token` still has to be verified."""

    token: str


def parse_inbound_message(raw: bytes) -> InboundReport | UnsubscribeRequest | None:
    """Returns None for a message that reports nothing. May raise whatever a parser raises."""
    message = _parsed(raw[:MAX_MESSAGE_BYTES])
    report = _parse_dsn(message) or _parse_feedback(message)
    if report is None:
        submitted = _header(message, "Auto-Submitted").lower()
        request = _UNSUBSCRIBE.search(_header(message, "Subject"))
        # Mail programs mark it auto-generated when they send it at a reader's click.
        if request and not submitted.startswith("auto-replied"):
            return UnsubscribeRequest(request[1])
        if _is_auto_reply(message):
            return None
        report = _parse_other_format(
            message if len(raw) <= MAX_HEURISTIC_BYTES else _parsed(raw[:MAX_HEURISTIC_BYTES])
        )
    if report is None:
        return None
    tokens = tuple(dict.fromkeys(_token_candidates(message)))[:MAX_CANDIDATES]
    return report._replace(tokens=tokens, date=_header(message, "Date")) if tokens else None


def _parsed(raw: bytes) -> Message:
    return message_from_bytes(raw, policy=compat32)


def date_of(report: InboundReport) -> float | None:
    """The Date header in seconds since 1970; None if it can't be parsed."""
    try:
        return parsedate_to_datetime(report.date).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _parse_dsn(message: Message) -> InboundReport | None:
    """Parses a delivery status notification; the most severe of its recipients counts."""
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
                found.append((order.index(kind), _recipient_report(fields, kind)))
    return min(found, key=lambda one: one[0])[1] if found else None


def _blocks(part: Message) -> Iterator[Message]:
    """The groups of fields; some senders put plain text there instead."""
    payload = part.get_payload()
    if isinstance(payload, list):
        yield from (one for one in payload if isinstance(one, Message))


def _recipient_report(fields: Message, kind: EventKind) -> InboundReport:
    diagnostic = _header(fields, "Diagnostic-Code")
    status = find_status(_header(fields, "Status"))
    if status is None or status.endswith(".0.0"):
        # The general code says less than the remote server's own reply.
        status = find_status(diagnostic) or status
    if kind is not EventKind.BOUNCED:
        return InboundReport(kind, (), code=status, note=_note(diagnostic))
    # Without a code it is unknown which command failed, so it is never a hard bounce.
    return InboundReport(
        kind,
        (),
        "",
        classify_status(status, BounceType.SOFT),
        status or "bounce",
        _note(diagnostic),
    )


def _parse_feedback(message: Message) -> InboundReport | None:
    for part in message.walk():
        if part.get_content_type() != "message/feedback-report":
            continue
        payload = part.get_payload()
        fields = payload[0] if isinstance(payload, list) and payload else None
        text = _text(part) if fields is None else ""
        named = _header(fields, "Feedback-Type") if isinstance(fields, Message) else ""
        if not named and (listed := re.search(r"(?im)^feedback-type:\s*([\w-]+)", text)):
            named = listed[1]
        known = _FEEDBACK.get(named.strip().lower())
        if known:
            return InboundReport(
                known[0], (), note=f"feedback report: {named.lower()}", opt_out=known[1]
            )
    return None


def _parse_other_format(message: Message) -> InboundReport | None:
    """Detects a bounce of no standard format by its wording, and looks for a code in its text."""
    try:
        temporary, permanent = all_failures(message)
    except Exception:  # noqa: BLE001 - its detectors raise anything on unknown input
        return None
    if not temporary and not permanent:
        return None
    words = next(_texts(message), "")
    status = find_status(words)
    if not permanent:
        return InboundReport(EventKind.DEFERRED, (), code=status, note="a warning in an odd format")
    note = f"a bounce in an odd format{': ' + status if status else ''}"
    bounce_type = classify_status(status, BounceType.SOFT)
    return InboundReport(EventKind.BOUNCED, (), "", bounce_type, status or "bounce", note)


def _is_auto_reply(message: Message) -> bool:
    """True for a vacation notice and the like (RFC 3834), unless a mail server sent it."""
    if _MAIL_SERVERS.search(_header(message, "From")) or _header(message, "Return-Path") == "<>":
        return False
    auto_submitted = _header(message, "Auto-Submitted").lower() not in ("", "no")
    return auto_submitted or any(message.get(name) is not None for name in _AUTO_REPLY_HEADERS)


def _token_candidates(message: Message) -> Iterator[str]:
    """Yields what may be tokens: recipient address, returned Message-ID, then the text."""
    for header in _RECIPIENT_HEADERS:
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
    """The header on one line; one outside ASCII comes as an object, hence `str`."""
    return " ".join(str(message.get(name, "")).split())


def _note(text: str) -> str:
    printable = "".join(one if one.isprintable() else " " for one in redact(text))
    return printable[:MAX_NOTE_LENGTH]
