"""Reads the JSON of SendGrid's posts into columns.

A post in which every field has the type that SendGrid documents is decoded at once, without an
object for what is not used. Any other is read event by event, as far as it can be.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, NamedTuple, Required

import msgspec
from pydantic import Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from digest.track.provider_events.sendgrid_keys import (
    MAX_KIND_LENGTH,
    MAX_TIMESTAMP,
    PlainEvent,
    keys_of,
    keys_of_plain,
)
from store.errors import DigestError

MAX_TEXT_LENGTH = 300
MAX_EVENTS = 10_000
"""Of one post: SendGrid's have 768 KB, and an event has some 150 bytes at least."""


class SendGridEvent(TypedDict, total=False):
    """One event as posted. Required fields are checked; the others may be anything."""

    event: Required[Annotated[str, Field(strict=True, max_length=MAX_KIND_LENGTH)]]
    timestamp: Required[Annotated[int, Field(strict=True, ge=0, lt=MAX_TIMESTAMP)]]
    sg_event_id: Annotated[str, Field(strict=True, pattern=r"^[!-~]{1,100}$")]
    sg_message_id: Any
    delivery: Any
    """Our own argument (`deliver.providers.sendgrid`); other mail of the account has none."""
    sg_machine_open: Any
    type: Any
    reason: Any
    response: Any
    status: Any
    bounce_classification: Any
    useragent: Any
    email: Any


_EVENT: TypeAdapter[SendGridEvent] = TypeAdapter(SendGridEvent)
_POST: TypeAdapter[list[SendGridEvent]] = TypeAdapter(list[SendGridEvent])
_decode_plain = msgspec.json.Decoder(list[PlainEvent]).decode


class WebhookPayloadError(DigestError):
    """The body of a webhook can't be read; the message is one line why."""

    http_status = 400


class PostedEvents(NamedTuple):
    """The events of a post by columns, in order.

    `deliveries` and `message_ids` are as posted, None where they are not; `fields` gives all fields
    of the event at a place.
    """

    names: Sequence[str]
    seconds: Sequence[int]
    keys: Sequence[str]
    deliveries: Sequence[Any]
    message_ids: Sequence[Any]
    fields: Callable[[int], Mapping[str, Any]]


def read_payload(body: bytes, now: datetime | None) -> PostedEvents:
    """Returns what was posted; `now` stands in for a time that can't be read.

    Raises WebhookPayloadError for what is no JSON list, or one of more than MAX_EVENTS.
    """
    try:
        # As text, since bytes that are no UTF-8 would pass in fields which are not decoded.
        plain = _decode_plain(body.decode())
    except (UnicodeDecodeError, msgspec.DecodeError, RecursionError):
        return _by_dictionary(body, now)
    _ensure_so_few(len(plain))
    return PostedEvents(
        [one.event for one in plain],
        [one.timestamp for one in plain],
        keys_of_plain(plain),
        [one.delivery for one in plain],
        [one.sg_message_id for one in plain],
        lambda place: _given(plain[place]),
    )


def _given(event: PlainEvent) -> dict[str, Any]:
    fields = msgspec.structs.asdict(event)
    return {name: value for name, value in fields.items() if value is not msgspec.UNSET}


def _by_dictionary(body: bytes, now: datetime | None) -> PostedEvents:
    posted = _posted(body, now)
    return PostedEvents(
        [one["event"] for one in posted],
        [one["timestamp"] for one in posted],
        keys_of(posted),
        [one.get("delivery") for one in posted],
        [one.get("sg_message_id") for one in posted],
        lambda place: posted[place],
    )


def _posted(body: bytes, now: datetime | None) -> list[SendGridEvent]:
    try:
        posted = _POST.validate_json(body)
    except ValidationError as error:
        try:
            listed = json.loads(body)
        except (ValueError, RecursionError):
            raise WebhookPayloadError(_why(error)) from None
        if not isinstance(listed, list):
            raise WebhookPayloadError(_why(error)) from None
        _ensure_so_few(len(listed))
        return [_salvaged(one, now) for one in listed]
    _ensure_so_few(len(posted))
    return posted


def _ensure_so_few(many: int) -> None:
    if many > MAX_EVENTS:
        raise WebhookPayloadError(f"found {many:,} events, expected {MAX_EVENTS:,} at most")


def _salvaged(posted: Any, now: datetime | None) -> SendGridEvent:
    """Returns the event as it should have been posted, as far as it can be read."""
    fields = dict(posted) if isinstance(posted, dict) else {"reason": str(posted)[:MAX_TEXT_LENGTH]}
    kind = fields.get("event")
    is_kind = isinstance(kind, str) and len(kind) <= MAX_KIND_LENGTH and kind.isprintable()
    fields["event"] = kind if is_kind else "unknown"
    fields["timestamp"] = _seconds(fields.get("timestamp"), now)
    try:
        return _EVENT.validate_python(fields)
    except ValidationError:
        fields.pop("sg_event_id", None)
        return _EVENT.validate_python(fields)


def _seconds(value: Any, now: datetime | None) -> int:
    """Returns a time in seconds, however it is written; now if it can't be one."""
    try:
        seconds = int(float(value)) if not isinstance(value, bool) else -1
    except (TypeError, ValueError, OverflowError):
        seconds = -1
    if 0 <= seconds < MAX_TIMESTAMP:
        return seconds
    return int(now.timestamp()) if now else 0


def _why(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(map(str, first["loc"]))
    return f"not a list of events: {where + ': ' if where else ''}{first['msg']}"[:MAX_TEXT_LENGTH]
