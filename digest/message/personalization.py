"""What one recipient gets alone: address, delivery token and a value for every slot."""

import html
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from digest.render.slots import MARKS, Slot
from subscribers.tokens import Purpose, Tokens


class Personalization(NamedTuple):
    """One recipient. `token` is the opaque delivery id; `slots` has a value for every Slot."""

    delivery_id: int
    email: str
    token: str
    slots: Mapping[Slot, str]


class Recipient(NamedTuple):
    """The person behind a delivery, as the ledger hands them over."""

    delivery_id: int
    subscriber_id: int
    email: str
    first_name: str
    tracking: bool


def greeting(first_name: str) -> str:
    return f"Hello {first_name}," if first_name else "Hello,"


NAMED = (Purpose.DELIVERY, Purpose.UNSUBSCRIBE, Purpose.PREFERENCES, Purpose.VOTE)
TRACKED = (Purpose.CLICK, Purpose.OPEN)


def personalize(
    recipients: Sequence[Recipient], number: int, tokens: Tokens
) -> list[Personalization]:
    """Return a personalization for each recipient, in order.

    Who does not want to be tracked gets tokens that name nobody: clicks still lead on.
    """
    people = [recipient.subscriber_id for recipient in recipients]
    tracked = [recipient.subscriber_id if recipient.tracking else 0 for recipient in recipients]
    columns = tokens.make_many(NAMED, people, number) + tokens.make_many(TRACKED, tracked, number)
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
                Slot.GREETING: greeting(recipient.first_name),
            },
        )
        for recipient, delivery, unsubscribe, preferences, vote, click, opened in zip(
            recipients, *columns, strict=True
        )
    ]


def slot_text(edition_part: str, personalization: Personalization, *, as_html: bool) -> str:
    """`edition_part` with its slots filled: for previews and for providers that take text."""

    def fill(match: re.Match[str]) -> str:
        value = personalization.slots[Slot(match[0].strip("~"))]
        return html.escape(value) if as_html else value

    return MARKS.sub(fill, edition_part)
