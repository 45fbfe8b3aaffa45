"""Personalizes an edition: one recipient's address, delivery token and slot values."""

import html
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from digest.language.language import ENGLISH, Language
from digest.language.message import Message
from digest.render.slots import MARKS, Slot
from subscribers.public_ids import IssueIds
from subscribers.tokens import Purpose, Tokens


class Personalization(NamedTuple):
    """One recipient's values. `token` is the opaque delivery id; `slots` has one for every Slot."""

    delivery_id: int
    email: str
    token: str
    slots: Mapping[Slot, str]


class Recipient(NamedTuple):
    """The recipient of a delivery, as the ledger reads it."""

    delivery_id: int
    public_id: int
    link_epoch: int
    legacy_number: int | None
    email: str
    first_name: str
    tracking: bool


HELLO = Message("Hello,")
HELLO_NAMED = Message("Hello {name},")


def greeting(first_name: str, language: Language = ENGLISH) -> str:
    """Return the salutation for a first name, which may be empty."""
    return language.say(HELLO_NAMED, name=first_name) if first_name else language.say(HELLO)


LINKS = (Purpose.UNSUBSCRIBE, Purpose.PREFERENCES, Purpose.VOTE)
TRACKED = (Purpose.CLICK, Purpose.OPEN)


def personalize(
    recipients: Sequence[Recipient],
    issue: IssueIds,
    tokens: Tokens,
    language: Language = ENGLISH,
) -> list[Personalization]:
    """Return a personalization for each recipient, in order.

    Recipients who don't want to be tracked get click and open tokens that name nobody; their
    links still work.
    """
    people = [recipient.public_id for recipient in recipients]
    epochs = [recipient.link_epoch for recipient in recipients]
    tracked = [recipient.public_id if recipient.tracking else 0 for recipient in recipients]
    # Nearly nobody's links were ever void: then all of one person's tokens hold the same.
    given = epochs if any(epochs) else None
    delivery, *links = (
        tokens.make_many((Purpose.DELIVERY, *LINKS), people, issue.public_id)
        if given is None
        else [
            *tokens.make_many((Purpose.DELIVERY,), people, issue.public_id),
            *tokens.make_many(LINKS, people, issue.public_id, epochs=given),
        ]
    )
    columns = (
        _as_sent_before(recipients, delivery, issue, tokens),
        *links,
        *tokens.make_many(TRACKED, tracked, issue.public_id, epochs=given),
    )
    return [
        Personalization(
            recipient.delivery_id,
            recipient.email,
            delivery,
            {
                Slot.CLICK: click,
                Slot.OPEN: opened,
                Slot.UNSUBSCRIBE: unsubscribe,
                Slot.PREFERENCES: preferences,
                Slot.VOTE: vote,
                Slot.GREETING: greeting(recipient.first_name, language),
            },
        )
        for recipient, delivery, unsubscribe, preferences, vote, click, opened in zip(
            recipients, *columns, strict=True
        )
    ]


def _as_sent_before(
    recipients: Sequence[Recipient], made: list[str], issue: IssueIds, tokens: Tokens
) -> list[str]:
    """Return the opaque delivery ids: a resend repeats the one that went out.

    So they are of no epoch, and an issue from before there were public ids keeps its old ones.
    """
    if issue.legacy_number is None:
        return made
    numbers = [one.legacy_number or 0 for one in recipients]
    before = tokens.make_legacy(Purpose.DELIVERY, numbers, issue.legacy_number)
    return [old if number else new for number, old, new in zip(numbers, before, made, strict=True)]


def slot_text(edition_part: str, personalization: Personalization, *, as_html: bool) -> str:
    """Return `edition_part` with its slots filled, for previews."""

    def fill(match: re.Match[str]) -> str:
        value = personalization.slots[Slot(match[0].strip("~"))]
        return html.escape(value) if as_html else value

    return MARKS.sub(fill, edition_part)
