"""Reads what SendGrid posts: a list of events as JSON.

Fields: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event. Events come
late, more than once and in any order; of types that are not known yet, too.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, Required

from pydantic import Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from digest.deliver.bounce_policy.bounce_type import BounceType, classify_status, find_status
from digest.deliver.providers.wire_address import redact
from digest.events.tables import EventKind
from digest.track.provider_events.event import DeliveryEvent, OptOut
from store.errors import DigestError
from subscribers.tokens import Purpose, TokenClaims, Tokens

MAX_WEBHOOK_BYTES = 768 * 1024
"""Bytes; what SendGrid posts at most."""
LONGEST_TEXT = 300

KINDS = {
    "processed": EventKind.PROCESSED,
    "dropped": EventKind.DROPPED,
    "delivered": EventKind.DELIVERED,
    "deferred": EventKind.DEFERRED,
    "bounce": EventKind.BOUNCED,
    "blocked": EventKind.BOUNCED,
    "open": EventKind.OPENED,
    "click": EventKind.CLICKED,
    "spamreport": EventKind.COMPLAINED,
    "unsubscribe": EventKind.UNSUBSCRIBED,
    "group_unsubscribe": EventKind.UNSUBSCRIBED,
    "group_resubscribe": EventKind.RESUBSCRIBED,
}
"""Whatever else comes is kept as unknown, and left alone."""
OPT_OUTS = {EventKind.COMPLAINED: OptOut.COMPLAIN, EventKind.UNSUBSCRIBED: OptOut.UNSUBSCRIBE}
DROPPED_FAULTS = {"bounced address": BounceType.HARD, "invalid": BounceType.HARD}
DROPPED_OPT_OUTS = {
    "unsubscribed address": OptOut.UNSUBSCRIBE,
    "spam reporting address": OptOut.COMPLAIN,
}
"""SendGrid did not mail who is on its own lists: what it knows of them is news to us."""
BLAMED = {
    "Invalid Address": BounceType.HARD,
    "Mailbox Unavailable": BounceType.SOFT,
    "Technical": BounceType.SOFT,
    "Content": BounceType.NONE,
    "Frequency or Volume": BounceType.NONE,
    "Reputation": BounceType.NONE,
}
"""https://www.twilio.com/docs/sendgrid/ui/analytics-and-reporting/bounce-and-block-classifications"""
_QUIET = frozenset({EventKind.PROCESSED, EventKind.DELIVERED})
_TOLD = ("event", "type", "reason", "response", "status", "bounce_classification", "useragent")


class SendGridEvent(TypedDict, total=False):
    """One event. What it can't be understood without is checked; the rest may be anything."""

    event: Required[Annotated[str, Field(strict=True, max_length=100)]]
    timestamp: Required[Annotated[int, Field(strict=True, ge=0, lt=2**33)]]
    sg_event_id: Annotated[str, Field(strict=True, pattern=r"^[!-~]{1,100}$")]
    sg_message_id: Any
    delivery: Any
    """Our own argument (`deliver.sendgrid_request`); other mail of the account has none."""
    sg_machine_open: Any
    type: Any
    reason: Any
    response: Any
    status: Any
    bounce_classification: Any
    useragent: Any


_POST: TypeAdapter[list[SendGridEvent]] = TypeAdapter(list[SendGridEvent])


class WebhookPayloadError(DigestError):
    """What was posted can't be read; the message is one line why."""


def parse_webhook(body: bytes, tokens: Tokens) -> list[DeliveryEvent]:
    """The events of one post, in order. Raises PostError: one that can't be read spoils all."""
    try:
        posted = _POST.validate_json(body)
    except ValidationError as error:
        raise WebhookPayloadError(_why(error)) from None
    told = [one.get("delivery") for one in posted]
    named = [name if isinstance(name, str) else "" for name in told]
    bearers = tokens.read_many(Purpose.DELIVERY, named)
    events = [_report(one, claims) for one, claims in zip(posted, bearers, strict=True)]
    for place in [at for at, one in enumerate(events) if one.claims is None and named[at]]:
        (letter,) = tokens.read_many(Purpose.LETTER, [named[place]])
        if letter is not None:
            events[place] = events[place]._replace(letter=letter.subscriber)
    return events


def _report(posted: SendGridEvent, claims: TokenClaims | None) -> DeliveryEvent:
    kind = KINDS.get(posted["event"], EventKind.UNKNOWN)
    key, at = _key(posted), _moment(posted["timestamp"])
    if kind in _QUIET:
        # Nearly all are of these kinds, and there is nothing more to say.
        return DeliveryEvent(key, kind, claims, at, provider_id=_text(posted, "sg_message_id"))
    event = DeliveryEvent(key, kind, claims, at, detail=_detail(posted), opt_out=OPT_OUTS.get(kind))
    if kind is EventKind.BOUNCED:
        fault, code, note = _bounced(posted)
        return event._replace(fault=fault, code=code, note=note)
    if kind is EventKind.DROPPED:
        note = _text(posted, "reason") or ""
        why = note.casefold()
        fault, opt_out = DROPPED_FAULTS.get(why, BounceType.NONE), DROPPED_OPT_OUTS.get(why)
        return event._replace(fault=fault, opt_out=opt_out, code="dropped", note=f"dropped: {note}")
    if kind is EventKind.OPENED and posted.get("sg_machine_open") is True:
        return event._replace(machine=True, detail=_detail(posted, machine=True))
    if kind is EventKind.COMPLAINED:
        return event._replace(note="SendGrid was told that it is spam")
    return event


def _bounced(posted: SendGridEvent) -> tuple[BounceType, str | None, str]:
    """The policy's fault, a code and a note. Blocked mail is never an address's fault at once."""
    reason = _text(posted, "reason") or ""
    status = find_status(_text(posted, "status") or "") or find_status(reason)
    blocked = "blocked" in (posted["event"], posted.get("type"))
    otherwise = BounceType.SOFT if blocked else BounceType.HARD
    said = BLAMED.get(_text(posted, "bounce_classification") or "", otherwise)
    fault = classify_status(status, said)
    if blocked and fault is BounceType.HARD:
        fault = BounceType.SOFT
    return fault, status or ("blocked" if blocked else "bounce"), reason or "bounced"


def _key(posted: SendGridEvent) -> str:
    """SendGrid's own id. The odd event without one is told by what it says."""
    known = posted.get("sg_event_id")
    if known is None:
        said = json.dumps(posted, sort_keys=True, default=str).encode("utf-8", "replace")
        known = hashlib.sha256(said).hexdigest()
    return f"sendgrid:{known}"


def _detail(posted: Mapping[str, Any], **more: bool) -> str:
    told = {name: _text(posted, name) for name in _TOLD}
    return json.dumps({name: text for name, text in told.items() if text} | more)


def _text(posted: Mapping[str, Any], name: str) -> str | None:
    """A short line without addresses; None where it is something else."""
    value = posted.get(name)
    if not isinstance(value, str) or not value:
        return None
    if not value.isprintable():
        value = " ".join("".join(one if one.isprintable() else " " for one in value).split())
    return (redact(value) if "@" in value else value)[:LONGEST_TEXT]


@lru_cache(maxsize=4_096)
def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _why(error: ValidationError) -> str:
    fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(map(str, fault["loc"]))
    return f"not a list of events: {where + ': ' if where else ''}{fault['msg']}"[:LONGEST_TEXT]
