"""What the preferences page says: the reader's status in words, the choices, the messages."""

from datetime import datetime
from typing import Any

from digest.language.language import Language
from digest.language.message import Message
from digest.readers.preferences import ReaderPreferences
from digest.web.templating import day
from subscribers.preferences import time_zone_of, time_zones
from subscribers.tables import Frequency, Subscriber, SubscriberStatus

STATUS_WORDS = {
    SubscriberStatus.PENDING: Message(
        "Waiting for you to confirm the address. Until then nothing is sent."
    ),
    SubscriberStatus.UNSUBSCRIBED: Message("Unsubscribed. Nothing is sent to you."),
    SubscriberStatus.BOUNCED: Message(
        "Stopped: mail to this address came back. Nothing is sent to you."
    ),
    SubscriberStatus.COMPLAINED: Message(
        "Stopped: a message was reported as spam. Nothing is sent to you."
    ),
}
ACTIVE_WORDS = {
    Frequency.EVERY: Message("Subscribed. You get every issue."),
    Frequency.WEEKLY: Message("Subscribed. You get the weekly issues."),
    Frequency.MONTHLY: Message("Subscribed. You get one issue a month."),
}
PAUSED_UNTIL = Message("Paused. It goes on by itself on {day}.")
FREQUENCY_WORDS = {
    Frequency.EVERY: Message("Every comparison, as it comes out"),
    Frequency.WEEKLY: Message("Once a week"),
    Frequency.MONTHLY: Message("Once a month"),
}
PAUSES = (2, 4, 8, 12)
"""Weeks that the form offers."""
MESSAGES = {
    "saved": Message("Saved."),
    "paused": Message("Paused. It goes on by itself."),
    "going": Message("It goes on: the next issue comes to you."),
    "asked": Message("Look into the mailbox of the new address: the message there has a button."),
    "address": Message("That new address can't be right. Please look at it once more."),
}
"""What was just done, by the page's parameter `said`."""


def page_values(
    found: ReaderPreferences, now: datetime, said: str, language: Language
) -> dict[str, Any]:
    """Returns the template's values about the reader."""
    reader = found.reader
    return {
        "email": reader.email,
        "first_name": reader.first_name,
        "status_words": _status_words(found, now, language),
        "active": reader.status == SubscriberStatus.ACTIVE,
        "paused": _is_paused(reader, now),
        "can_unsubscribe": reader.status != SubscriberStatus.UNSUBSCRIBED,
        "tracking": reader.tracking,
        "chosen": found.chosen,
        "frequencies": {one.value: language.say(words) for one, words in FREQUENCY_WORDS.items()},
        "zones": time_zones(),
        "categories": found.categories,
        "tools": found.tools,
        "pauses": PAUSES,
        "message": language.say(MESSAGES[said]) if said in MESSAGES else "",
        "is_warning": said == "address",
    }


def _status_words(found: ReaderPreferences, now: datetime, language: Language) -> str:
    reader = found.reader
    status = SubscriberStatus(reader.status)
    if status is not SubscriberStatus.ACTIVE:
        return language.say(STATUS_WORDS[status])
    if _is_paused(reader, now) and reader.paused_until:
        until = reader.paused_until.astimezone(time_zone_of(reader))
        return language.say(PAUSED_UNTIL, day=day(until, language, until.tzinfo))
    return language.say(ACTIVE_WORDS[found.chosen.frequency])


def _is_paused(reader: Subscriber, now: datetime) -> bool:
    return reader.paused_until is not None and reader.paused_until > now
