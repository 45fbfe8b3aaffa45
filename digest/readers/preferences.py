"""Reads and changes what a reader's own page shows: status, tracking, and what they follow."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from digest.catalog.published import offered_categories, offered_tools
from digest.deliver.transactional.mail import enqueue
from digest.deliver.transactional.tables import TransactionalKind
from subscribers.links import void_links
from subscribers.preferences import (
    Preferences,
    only_offered,
    preferences_of,
    save_preferences,
    time_zones,
)
from subscribers.service import clean_name
from subscribers.tables import Frequency, Subscriber

MAX_TOOLS = 300
"""Tools offered to follow."""


@dataclass(frozen=True, slots=True)
class ReaderPreferences:
    """A reader, what they chose, and what they can choose from: category names, tools by slug."""

    reader: Subscriber
    chosen: Preferences
    categories: Sequence[str]
    tools: dict[str, str]


def find_reader(session: Session, subscriber_id: int) -> Subscriber | None:
    """Returns the reader with this id; None if they are erased."""
    return session.get(Subscriber, subscriber_id)


def read_preferences(
    session: Session, subscriber_id: int, now: datetime
) -> ReaderPreferences | None:
    """Returns the reader's page, None if erased. Offers what they follow even if delisted."""
    reader = session.get(Subscriber, subscriber_id)
    if reader is None:
        return None
    chosen = preferences_of(session, reader)
    followed = {slug: slug for slug in chosen.tools if slug}
    offered = offered_tools(session, MAX_TOOLS, now)
    categories = sorted(offered_categories(session, now) | chosen.categories)
    order = dict.fromkeys([*offered, *followed])
    tools = {slug: offered.get(slug, slug) for slug in order}
    return ReaderPreferences(reader, chosen, categories, tools)


def set_tracking(session: Session, subscriber_id: int, now: datetime, *, tracking: bool) -> None:
    """Switches tracking on or off for one reader."""
    reader = session.get(Subscriber, subscriber_id)
    if reader is not None and reader.tracking != tracking:
        reader.tracking = tracking
        reader.changed_at = now


def rename(session: Session, subscriber_id: int, first_name: str, now: datetime) -> None:
    """Changes a reader's first name, which may be empty (GDPR, article 16)."""
    reader = session.get(Subscriber, subscriber_id, with_for_update=True)
    if reader is not None:
        reader.first_name, reader.changed_at = clean_name(first_name), now


def void_own_links(session: Session, subscriber_id: int, now: datetime) -> bool:
    """Makes a reader's links void at their own wish, and queues a message with a new one.

    False if nobody has that id.
    """
    because = "asked for on the preferences page"
    if not void_links(session, subscriber_id, who="the reader", because=because, now=now):
        return False
    enqueue(session, TransactionalKind.LINKS, subscriber_id, f"{now.timestamp():.0f}", now)
    return True


def is_choice(frequency: str, zone: str) -> bool:
    """Returns whether both are among the values that the form offers."""
    return frequency in set(Frequency) and zone in time_zones()


def change_preferences(
    session: Session,
    subscriber_id: int,
    *,
    frequency: str,
    zone: str,
    categories: Sequence[str],
    tools: Sequence[str],
    now: datetime,
) -> None:
    """Replaces a reader's preferences; leaves out categories and tools that are not offered."""
    found = read_preferences(session, subscriber_id, now)
    if found is None:
        return
    chosen = Preferences(
        Frequency(frequency),
        zone,
        only_offered(categories, set(found.categories)),
        only_offered(tools, {*found.tools, *found.chosen.tools}),
    )
    save_preferences(session, subscriber_id, chosen, now)
