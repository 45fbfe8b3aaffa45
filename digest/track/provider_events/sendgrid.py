"""Parses the body of SendGrid's event webhook: a list of events as JSON.

Fields: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event. Events arrive
late, more than once and in any order, and some of types that are not known yet.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from digest.deliver.bounce_policy.bounce_type import BounceType, find_status
from digest.deliver.bounce_policy.classify import classify_reply
from digest.deliver.bounce_policy.failure import FailureClass
from digest.deliver.providers.wire_address import redact
from digest.events.tables import EventKind
from digest.track.provider_events.delivery_event import DeliveryEvent, OptOut
from digest.track.provider_events.sendgrid_payload import (
    MAX_TEXT_LENGTH,
    PostedEvents,
    read_payload,
)
from subscribers.tokens import Purpose, TokenClaims, Tokens

MAX_WEBHOOK_BYTES = 768 * 1024
"""Bytes of one post, the most that SendGrid sends."""
MAX_REASON_LENGTH = 2_000
MAX_ADDRESS_LENGTH = 320

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
"""SendGrid's event types; any other is stored as unknown and has no effect."""
OPT_OUTS = {EventKind.COMPLAINED: OptOut.COMPLAIN, EventKind.UNSUBSCRIBED: OptOut.UNSUBSCRIBE}
DROPPED_BOUNCE_TYPES = {"bounced address": BounceType.HARD, "invalid": BounceType.HARD}
DROPPED_OPT_OUTS = {
    "unsubscribed address": OptOut.UNSUBSCRIBE,
    "spam reporting address": OptOut.COMPLAIN,
}
"""SendGrid drops mail to addresses on its own suppression lists; by the reason we learn which."""
BOUNCE_CLASSIFICATIONS = {
    "Invalid Address": BounceType.HARD,
    "Mailbox Unavailable": BounceType.SOFT,
    "Technical": BounceType.SOFT,
    "Content": BounceType.NONE,
    "Frequency or Volume": BounceType.NONE,
    "Reputation": BounceType.NONE,
}
"""https://www.twilio.com/docs/sendgrid/ui/analytics-and-reporting/bounce-and-block-classifications"""
_ROUTINE = frozenset({EventKind.PROCESSED, EventKind.DELIVERED})
_DETAIL_FIELDS = (
    "event",
    "type",
    "reason",
    "response",
    "status",
    "bounce_classification",
    "useragent",
)


def parse_webhook(body: bytes, tokens: Tokens, now: datetime | None = None) -> list[DeliveryEvent]:
    """Returns the events of one post, in order; `now` stands in for a time that can't be read.

    An odd event does not spoil the others: what can be read of it is kept, the rest as unknown.
    Raises WebhookPayloadError for what is no JSON list, or one of more than MAX_EVENTS.
    """
    posted = read_payload(body, now)
    named = [name if isinstance(name, str) else "" for name in posted.deliveries]
    events = _events_of(posted, tokens.read_many(Purpose.DELIVERY, named))
    for place in [at for at, one in enumerate(events) if one.claims is None and named[at]]:
        (claims,) = tokens.read_many(Purpose.TRANSACTIONAL, [named[place]])
        if claims is not None:
            events[place] = events[place]._replace(transactional_id=claims.subscriber)
    return events


def _events_of(posted: PostedEvents, read: Sequence[TokenClaims | None]) -> list[DeliveryEvent]:
    moments = {seconds: _timestamp(seconds) for seconds in set(posted.seconds)}
    made, events = DeliveryEvent._make, []
    names = _message_ids(posted)
    for place, (name, seconds, key, claims) in enumerate(
        zip(posted.names, posted.seconds, posted.keys, read, strict=True)
    ):
        kind, at = KINDS.get(name, EventKind.UNKNOWN), moments[seconds]
        if kind in _ROUTINE:
            # Nearly all events are of these kinds and have no details.
            events.append(made((key, kind, claims, at, *_NO_DETAILS, names[place], None, "")))
        else:
            events.append(_event_of(posted.fields(place), key, claims, kind, at))
    return events


_NO_DETAILS = (None, "{}", BounceType.NONE, None, "", None)
"""The fields of a routine event from `machine` to `opt_out`."""


def _message_ids(posted: PostedEvents) -> list[str | None]:
    """Returns the provider's ids of the messages; all are looked at together where all are fine."""
    given = posted.message_ids
    try:
        joined = "".join(given)
    except TypeError:
        return [_text({"id": one}, "id") for one in given]
    if (
        joined.isprintable()
        and "@" not in joined
        and max(map(len, given), default=0) <= MAX_TEXT_LENGTH
    ):
        return [name or None for name in given]
    return [_text({"id": one}, "id") for one in given]


def _event_of(
    posted: Mapping[str, Any], key: str, claims: TokenClaims | None, kind: EventKind, at: datetime
) -> DeliveryEvent:
    event = DeliveryEvent(key, kind, claims, at, detail=_detail(posted), opt_out=OPT_OUTS.get(kind))
    if kind is EventKind.BOUNCED:
        bounce_type, code, note = _bounce_of(posted)
        address = _address(posted, kind) if claims is None else ""
        return event._replace(bounce_type=bounce_type, code=code, note=note, address=address)
    if kind is EventKind.DROPPED:
        reason = _text(posted, "reason") or ""
        return event._replace(
            bounce_type=DROPPED_BOUNCE_TYPES.get(reason.casefold(), BounceType.NONE),
            opt_out=DROPPED_OPT_OUTS.get(reason.casefold()),
            code="dropped",
            note=f"dropped: {reason}",
        )
    if kind is EventKind.OPENED and posted.get("sg_machine_open") is True:
        return event._replace(machine=True, detail=_detail(posted, machine=True))
    if kind is EventKind.COMPLAINED:
        return event._replace(note="SendGrid was told that it is spam")
    return event


def _bounce_of(posted: Mapping[str, Any]) -> tuple[BounceType, str | None, str]:
    """Returns bounce type, code and note of a bounce. Blocked mail is never a hard bounce.

    The server's own words decide; SendGrid's classification does where they say nothing.
    """
    reason, status = _text(posted, "reason") or "", _text(posted, "status") or ""
    blocked = "blocked" in (posted["event"], posted.get("type"))
    recipient = posted.get("email")
    found = classify_reply(
        str(posted.get("reason") or "")[:MAX_REASON_LENGTH],
        None,
        recipient=recipient if isinstance(recipient, str) else "",
        status=status,
    )
    otherwise = BounceType.SOFT if blocked or reason else BounceType.HARD
    classified = BOUNCE_CLASSIFICATIONS.get(_text(posted, "bounce_classification") or "", otherwise)
    bounce_type = found.bounce_type()
    if found.failure_class is FailureClass.UNKNOWN:
        bounce_type = classified
    elif bounce_type is BounceType.HARD and classified is BounceType.NONE:
        bounce_type = BounceType.NONE
    if blocked and bounce_type is BounceType.HARD:
        bounce_type = BounceType.SOFT
    code = found.enhanced or find_status(status) or ("blocked" if blocked else "bounce")
    return bounce_type, code, reason or "bounced"


def _address(posted: Mapping[str, Any], kind: EventKind) -> str:
    """Returns the address of an asynchronous bounce, its only clue; empty for other events."""
    email = posted.get("email")
    named = posted.get("delivery") or posted.get("sg_message_id")
    if kind is not EventKind.BOUNCED or named or not isinstance(email, str):
        return ""
    return email[:MAX_ADDRESS_LENGTH]


def _detail(posted: Mapping[str, Any], **more: bool) -> str:
    told = {name: _text(posted, name) for name in _DETAIL_FIELDS if name in posted}
    return json.dumps({name: text for name, text in told.items() if text} | more)


def _text(posted: Mapping[str, Any], name: str) -> str | None:
    """Returns the field on one short line without addresses; None if it is no text."""
    value = posted.get(name)
    if not isinstance(value, str) or not value:
        return None
    value = value[:MAX_REASON_LENGTH]
    if not value.isprintable():
        value = " ".join("".join(one if one.isprintable() else " " for one in value).split())
    return (redact(value) if "@" in value else value)[:MAX_TEXT_LENGTH]


def _timestamp(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
