"""What the preferences page says: the reader's status in words, the choices, the messages."""

from datetime import datetime
from typing import Any

from digest.readers.preferences import ReaderPreferences
from digest.web.templating import day
from subscribers.preferences import time_zone_of, time_zones
from subscribers.tables import Frequency, Subscriber, SubscriberStatus

STATUS_WORDS = {
    SubscriberStatus.PENDING: "Waiting for you to confirm the address. Until then nothing is sent.",
    SubscriberStatus.UNSUBSCRIBED: "Unsubscribed. Nothing is sent to you.",
    SubscriberStatus.BOUNCED: "Stopped: mail to this address came back. Nothing is sent to you.",
    SubscriberStatus.COMPLAINED: "Stopped: a message was reported as spam. Nothing is sent to you.",
}
ACTIVE_WORDS = {
    Frequency.EVERY: "Subscribed. You get every issue.",
    Frequency.WEEKLY: "Subscribed. You get the weekly issues.",
    Frequency.MONTHLY: "Subscribed. You get one issue a month.",
}
FREQUENCY_WORDS = {
    Frequency.EVERY: "Every comparison, as it comes out",
    Frequency.WEEKLY: "Once a week",
    Frequency.MONTHLY: "Once a month",
}
PAUSES = (2, 4, 8, 12)
"""Weeks that the form offers."""
MESSAGES = {
    "saved": "Saved.",
    "paused": "Paused. It goes on by itself.",
    "going": "It goes on: the next issue comes to you.",
    "asked": "Look into the mailbox of the new address: the message there has a button.",
    "address": "That new address can't be right. Please look at it once more.",
}
"""What was just done, by the page's parameter `said`."""


def page_values(found: ReaderPreferences, now: datetime, said: str) -> dict[str, Any]:
    """Returns the template's values about the reader."""
    reader = found.reader
    return {
        "email": reader.email,
        "first_name": reader.first_name,
        "status_words": _status_words(found, now),
        "active": reader.status == SubscriberStatus.ACTIVE,
        "paused": _is_paused(reader, now),
        "can_unsubscribe": reader.status != SubscriberStatus.UNSUBSCRIBED,
        "tracking": reader.tracking,
        "chosen": found.chosen,
        "frequencies": FREQUENCY_WORDS,
        "zones": time_zones(),
        "categories": found.categories,
        "tools": found.tools,
        "pauses": PAUSES,
        "message": MESSAGES.get(said, ""),
        "is_warning": said == "address",
    }


def _status_words(found: ReaderPreferences, now: datetime) -> str:
    reader = found.reader
    status = SubscriberStatus(reader.status)
    if status is not SubscriberStatus.ACTIVE:
        return STATUS_WORDS[status]
    if _is_paused(reader, now) and reader.paused_until:
        until = reader.paused_until.astimezone(time_zone_of(reader))
        return f"Paused. It goes on by itself on {day(until, until.tzinfo)}."
    return ACTIVE_WORDS[found.chosen.frequency]


def _is_paused(reader: Subscriber, now: datetime) -> bool:
    return reader.paused_until is not None and reader.paused_until > now
