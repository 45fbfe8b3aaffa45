"""Personalizes an edition: one recipient's address, delivery token and slot values."""

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from digest.language.language import ENGLISH, Language
from digest.language.message import Message
from digest.render.slots import MARKS, Slot
from subscribers.public_ids import IssueIds
from subscribers.tokens import Purpose, Tokens

LINK_SLOTS = tuple(slot for slot in Slot if slot is not Slot.GREETING)


class Personalization(NamedTuple):
    """One recipient's values.

    `token` is the opaque delivery id. `links` are the tokens of the LINK_SLOTS, in their order.
    """

    delivery_id: int
    email: str
    token: str
    links: tuple[bytes, ...] = ()
    greeting: str = ""

    @classmethod
    def from_slots(
        cls, delivery_id: int, email: str, token: str, slots: Mapping[Slot, str]
    ) -> "Personalization":
        """Return the personalization with these values of the slots, one for every Slot."""
        links = tuple([slots[slot].encode("ascii") for slot in LINK_SLOTS])
        return cls(delivery_id, email, token, links, slots[Slot.GREETING])

    @property
    def slots(self) -> Mapping[Slot, str]:
        """The value of each slot, for who fills them one by one."""
        links = [link.decode("ascii") for link in self.links]
        return {**dict(zip(LINK_SLOTS, links, strict=True)), Slot.GREETING: self.greeting}


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


def greetings(first_names: Iterable[str], language: Language = ENGLISH) -> dict[str, str]:
    """Return the salutation for each first name; one may be empty."""
    named = language.form(HELLO_NAMED, {"name": ""})
    said = {name: named.replace("{name}", language.isolated(name)) for name in set(first_names)}
    if "" in said:
        said[""] = language.say(HELLO)
    return said


PERSONAL = {
    Slot.UNSUBSCRIBE: Purpose.UNSUBSCRIBE,
    Slot.PREFERENCES: Purpose.PREFERENCES,
    Slot.VOTE: Purpose.VOTE,
}
TRACKED = {Slot.CLICK: Purpose.CLICK, Slot.OPEN: Purpose.OPEN}


def personalize(
    recipients: Sequence[Recipient],
    issue: IssueIds,
    tokens: Tokens,
    language: Language = ENGLISH,
) -> list[Personalization]:
    """Return a personalization for each recipient, in order.

    All is made column by column: that costs a recipient a fraction of what one at a time does.
    """
    if not recipients:
        return []
    ids, people, epochs, _, emails, names, tracking = zip(*recipients, strict=True)
    # Nearly nobody's links were ever void: then all of one person's tokens hold the same.
    given = epochs if any(epochs) else None
    links = _link_columns(people, tracking, given, issue, tokens)
    said = greetings(names, language)
    return list(
        map(
            Personalization,
            ids,
            emails,
            _as_sent_before(recipients, people, issue, tokens),
            zip(*[links[slot] for slot in LINK_SLOTS], strict=True),
            [said[name] for name in names],
        )
    )


def _link_columns(
    people: Sequence[int],
    tracking: Sequence[bool],
    epochs: Sequence[int] | None,
    issue: IssueIds,
    tokens: Tokens,
) -> dict[Slot, list[bytes]]:
    """Return the tokens of each slot, in the order of `people`.

    Recipients who don't want to be tracked get click and open tokens that name nobody; their
    links still work.
    """
    tracked = [one if wanted else 0 for one, wanted in zip(people, tracking, strict=True)]
    columns: dict[Slot, list[bytes]] = {}
    for purposes, named in ((PERSONAL, people), (TRACKED, tracked)):
        made = tokens.make_columns(tuple(purposes.values()), named, issue.public_id, epochs=epochs)
        columns |= zip(purposes, made, strict=True)
    return columns


def _as_sent_before(
    recipients: Sequence[Recipient], people: Sequence[int], issue: IssueIds, tokens: Tokens
) -> list[str]:
    """Return the opaque delivery ids: a resend repeats the one that went out.

    So they are of no epoch, and an issue from before there were public ids keeps its old ones.
    """
    (made,) = tokens.make_many((Purpose.DELIVERY,), people, issue.public_id)
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
