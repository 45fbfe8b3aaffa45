"""What readers choose for themselves: how often, about what, when not, and at which address."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from sqlmodel import Session, col, delete, select

from store import utc
from subscribers import suppression
from subscribers.addresses import AddressHasher, parse_address
from subscribers.consent import ConsentKind, Origin, record
from subscribers.tables import (
    AddressChange,
    Following,
    Frequency,
    Leaving,
    Reason,
    Subscriber,
    SubscriberStatus,
    SuppressionReason,
    Topic,
)

LONGEST_PAUSE = 26
"""Weeks."""
MOST_FOLLOWED = 200
"""Of each topic."""
MOVED = "Send it to this address from now on."


@dataclass(frozen=True, slots=True)
class Choices:
    """`zone` is an IANA name. No category and no tool means all of them."""

    frequency: Frequency
    zone: str
    categories: frozenset[str]
    tools: frozenset[str]


@dataclass(frozen=True, slots=True)
class Moved:
    """An address was changed."""

    old: str
    new: str


@lru_cache(maxsize=1)
def zones() -> tuple[str, ...]:
    """The names to choose from: places, and UTC."""
    places = {
        name
        for name in available_timezones()
        if "/" in name and not name.startswith(("Etc/", "SystemV/", "US/", "posix/", "right/"))
    }
    return ("UTC", *sorted(places))


def zone_of(person: Subscriber) -> ZoneInfo:
    """Where the reader's days begin; UTC where the name is no longer known."""
    return ZoneInfo(person.zone if person.zone in zones() else "UTC")


def choices_of(session: Session, person: Subscriber) -> Choices:
    rows = session.exec(
        select(Following.topic, Following.name).where(Following.subscriber_id == person.id)
    ).all()
    named = {topic: frozenset(name for kind, name in rows if kind == topic) for topic in Topic}
    return Choices(
        Frequency(person.frequency), person.zone, named[Topic.CATEGORY], named[Topic.TOOL]
    )


def choose(session: Session, subscriber_id: int, choices: Choices, now: datetime) -> bool:
    """Keeps the choices whole in place of those before; False where nobody has that number."""
    person = session.get(Subscriber, subscriber_id, with_for_update=True)
    if person is None:
        return False
    person.frequency, person.zone = choices.frequency, choices.zone
    person.changed_at = now
    session.exec(delete(Following).where(col(Following.subscriber_id) == subscriber_id))
    session.add_all(
        Following(subscriber_id=subscriber_id, topic=topic, name=name)
        for topic, names in ((Topic.CATEGORY, choices.categories), (Topic.TOOL, choices.tools))
        for name in sorted(names)[:MOST_FOLLOWED]
    )
    session.flush()
    return True


def pause(session: Session, subscriber_id: int, weeks: int, now: datetime) -> datetime | None:
    """No issue for so many weeks, none meaning that it goes on now; until when.

    It ends as the reader's day begins: `weeks` weeks after today, at midnight in their zone.
    """
    person = session.get(Subscriber, subscriber_id, with_for_update=True)
    if person is None:
        return None
    zone = zone_of(person)
    day = now.astimezone(zone).date() + timedelta(weeks=weeks)
    person.paused_until = utc(datetime.combine(day, time(), zone)) if weeks else None
    person.changed_at = now
    session.flush()
    return person.paused_until


def ask_move(session: Session, subscriber_id: int, email: str, now: datetime) -> int | None:
    """Notes the address somebody wants to be mailed at; the change's number, which its link needs.

    None for who is not on the list. Raises AddressError.
    """
    parsed = parse_address(email)
    person = session.get(Subscriber, subscriber_id, with_for_update=True)
    if person is None or person.status != SubscriberStatus.ACTIVE:
        return None
    change = session.get(AddressChange, subscriber_id) or AddressChange(
        subscriber_id=subscriber_id, number=0, at=now
    )
    change.number, change.email, change.at = change.number + 1, parsed.email, now
    session.add(change)
    session.flush()
    return change.number


def wanted_move(session: Session, subscriber_id: int, number: int) -> str | None:
    """The address that change `number` is about; None where it is done, or not the newest."""
    change = session.get(AddressChange, subscriber_id)
    return change.email if change is not None and change.number == number else None


def move(
    session: Session,
    hasher: AddressHasher,
    subscriber_id: int,
    number: int,
    *,
    origin: Origin,
    now: datetime,
) -> Moved | None:
    """The owner of the new address says yes. None where there is nothing to do, or it can't be:
    the address is suppressed for more than having left, or somebody else is on the list with it.

    The old address is kept as one that left, by its hash alone: no old list brings it back.
    """
    person = session.get(Subscriber, subscriber_id, with_for_update=True)
    email = wanted_move(session, subscriber_id, number)
    if person is None or email is None or person.status != SubscriberStatus.ACTIVE:
        return None
    parsed = parse_address(email)
    address_hash = hasher.hash(parsed.key)
    known = suppression.find(session, address_hash)
    left = known is None or known.reason == SuppressionReason.UNSUBSCRIBED
    if not left or not _make_room(session, subscriber_id, parsed.key):
        return None
    suppression.lift(session, address_hash)
    old, gone = person.email, person.address_hash
    person.email, person.email_key, person.address_hash = parsed.email, parsed.key, address_hash
    person.changed_at = now
    change = session.get(AddressChange, subscriber_id)
    if change is not None:
        change.email = None
    record(session, subscriber_id, ConsentKind.CONFIRMED, MOVED, now, **asdict(origin))
    suppression.suppress(
        session, gone, None, SuppressionReason.UNSUBSCRIBED, now, note="moved to another address"
    )
    return Moved(old, parsed.email)


def say_why(
    session: Session,
    subscriber_id: int,
    reason: Reason,
    words: str,
    *,
    issue: int | None,
    now: datetime,
) -> bool:
    """Why somebody left; the last word counts. False for who is on the list, or unknown."""
    person = session.get(Subscriber, subscriber_id)
    if person is None or person.status != SubscriberStatus.UNSUBSCRIBED:
        return False
    leaving = session.get(Leaving, subscriber_id, with_for_update=True) or Leaving(
        subscriber_id=subscriber_id, reason=reason, at=now
    )
    leaving.reason, leaving.words, leaving.issue_number, leaving.at = reason, words, issue, now
    session.add(leaving)
    session.flush()
    return True


def known(names: Collection[str], offered: Collection[str]) -> frozenset[str]:
    """Those of `names` that are to be had: a form may say anything."""
    return frozenset(names) & frozenset(offered)


def _make_room(session: Session, subscriber_id: int, key: str) -> bool:
    """Whether nobody else has the address; a request that was never confirmed gives way."""
    other = session.exec(
        select(Subscriber).where(Subscriber.email_key == key).with_for_update()
    ).first()
    if other is None or other.id == subscriber_id:
        return True
    if other.status != SubscriberStatus.PENDING:
        return False
    session.expunge(other)
    session.exec(delete(Subscriber).where(col(Subscriber.id) == other.id))
    return True
