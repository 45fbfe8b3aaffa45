"""Stores what readers choose: frequency, topics, pauses, address, and why they unsubscribed."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from sqlmodel import Session, col, delete, select, update

from store.times import utc
from subscribers import suppression
from subscribers.addresses import AddressHasher, parse_address
from subscribers.consent import ConsentKind, ConsentOrigin, record_consent
from subscribers.links import start_epoch
from subscribers.public_ids import new_short_id
from subscribers.tables import (
    AddressChange,
    Consent,
    Followed,
    FormerPublicId,
    Frequency,
    Subscriber,
    SubscriberStatus,
    SuppressionReason,
    TopicKind,
    UnsubscribeFeedback,
    UnsubscribeReason,
)

MAX_PAUSE_WEEKS = 26
"""Weeks."""
MAX_FOLLOWED_PER_TOPIC = 200
"""Of each topic."""
ADDRESS_CHANGE_WORDING = "Send it to this address from now on."
MOVED_NOTE = "moved to another address"
"""Why the address before is suppressed."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """One reader's choices. `zone` is an IANA name; no category and no tool means all of them."""

    frequency: Frequency
    zone: str
    categories: frozenset[str]
    tools: frozenset[str]


@dataclass(frozen=True, slots=True)
class AddressChanged:
    """An address change that was confirmed: the address before, and the new one."""

    old: str
    new: str
    same_mailbox: bool = False
    """The spelling alone was changed."""


@lru_cache(maxsize=1)
def time_zones() -> tuple[str, ...]:
    """Return the time zones to choose from: places, and UTC."""
    places = {
        name
        for name in available_timezones()
        if "/" in name and not name.startswith(("Etc/", "SystemV/", "US/", "posix/", "right/"))
    }
    return ("UTC", *sorted(places))


def time_zone_of(person: Subscriber) -> ZoneInfo:
    """Return the reader's time zone; UTC where its name is no longer known."""
    return ZoneInfo(person.zone if person.zone in time_zones() else "UTC")


def preferences_of(session: Session, person: Subscriber) -> Preferences:
    rows = session.exec(
        select(Followed.topic, Followed.name).where(Followed.subscriber_id == person.id)
    ).all()
    named = {topic: frozenset(name for kind, name in rows if kind == topic) for topic in TopicKind}
    return Preferences(
        Frequency(person.frequency),
        person.zone,
        named[TopicKind.CATEGORY],
        named[TopicKind.TOOL],
    )


def save_preferences(
    session: Session, subscriber_id: int, choices: Preferences, now: datetime
) -> bool:
    """Replace all preferences of one subscriber. False where there is no such subscriber."""
    person = session.get(Subscriber, subscriber_id, with_for_update=True)
    if person is None:
        return False
    person.frequency, person.zone = choices.frequency, choices.zone
    person.changed_at = now
    session.exec(delete(Followed).where(col(Followed.subscriber_id) == subscriber_id))
    session.add_all(
        Followed(subscriber_id=subscriber_id, topic=topic, name=name)
        for topic, names in (
            (TopicKind.CATEGORY, choices.categories),
            (TopicKind.TOOL, choices.tools),
        )
        for name in sorted(names)[:MAX_FOLLOWED_PER_TOPIC]
    )
    session.flush()
    return True


def pause_mail(session: Session, subscriber_id: int, weeks: int, now: datetime) -> datetime | None:
    """Pause mail for `weeks` weeks, 0 ending a pause. Return when it ends, None for no pause.

    It ends at midnight in the reader's time zone, `weeks` weeks after today.
    """
    person = session.get(Subscriber, subscriber_id, with_for_update=True)
    if person is None:
        return None
    zone = time_zone_of(person)
    day = now.astimezone(zone).date() + timedelta(weeks=weeks)
    person.paused_until = utc(datetime.combine(day, time(), zone)) if weeks else None
    person.changed_at = now
    session.flush()
    return person.paused_until


def request_address_change(
    session: Session, subscriber_id: int, email: str, now: datetime
) -> int | None:
    """Store a requested address change; return its number, which the confirming link carries.

    None for a subscriber who is not active. Raises AddressError.
    """
    parsed = parse_address(email)
    person = session.get(Subscriber, subscriber_id, with_for_update=True)
    if person is None or person.status != SubscriberStatus.ACTIVE:
        return None
    change = session.get(AddressChange, subscriber_id) or AddressChange(
        subscriber_id=subscriber_id, number=0, at=now
    )
    # Drawn, not counted: in a restored store the next number is one that was mailed before.
    change.number, change.email, change.at = new_short_id(), parsed.email, now
    session.add(change)
    session.flush()
    return change.number


def pending_address(session: Session, subscriber_id: int, change_number: int) -> str | None:
    """Return the new address of change `change_number`; None if it is done, or not the newest."""
    change = session.get(AddressChange, subscriber_id)
    return change.email if change is not None and change.number == change_number else None


def confirm_address_change(
    session: Session,
    hasher: AddressHasher,
    subscriber_id: int,
    change_number: int,
    *,
    origin: ConsentOrigin,
    now: datetime,
) -> AddressChanged | None:
    """Carry out an address change that the owner of the new address confirmed.

    None if there is nothing to do, if the new address is suppressed for more than unsubscribing,
    or if another subscriber is on the list with it. Whoever had left with it comes back. The old
    address is suppressed as unsubscribed, by its hash alone, so that no import of an old list
    brings it back; the links sent to it only unsubscribe from now on. Of an address that is the
    same to us the spelling alone changes.
    """
    person = session.get(Subscriber, subscriber_id, with_for_update=True)
    email = pending_address(session, subscriber_id, change_number)
    if person is None or email is None or person.status != SubscriberStatus.ACTIVE:
        return None
    parsed = parse_address(email)
    old, old_hash = person.email, person.address_hash
    if parsed.key == person.email_key:
        person.email, person.changed_at = parsed.email, now
        _close_change(session, subscriber_id)
        return AddressChanged(old, parsed.email, same_mailbox=True)
    address_hash = hasher.hash(parsed.key)
    known = suppression.find_suppression(session, address_hash)
    allowed = known is None or known.reason in suppression.REVERSIBLE
    if not allowed or not _free_address(session, subscriber_id, parsed.key):
        return None
    suppression.remove(session, address_hash)
    person.email, person.email_key, person.address_hash = parsed.email, parsed.key, address_hash
    person.changed_at = now
    start_epoch(person)
    _close_change(session, subscriber_id)
    record_consent(
        session, subscriber_id, ConsentKind.CONFIRMED, ADDRESS_CHANGE_WORDING, now, **asdict(origin)
    )
    suppression.suppress(
        session,
        old_hash,
        None,
        SuppressionReason.UNSUBSCRIBED,
        now,
        note=MOVED_NOTE,
    )
    return AddressChanged(old, parsed.email)


def record_feedback(
    session: Session,
    subscriber_id: int,
    reason: UnsubscribeReason,
    words: str,
    *,
    issue: int | None,
    now: datetime,
) -> bool:
    """Store why somebody unsubscribed, replacing what they said before. False unless they did."""
    person = session.get(Subscriber, subscriber_id)
    if person is None or person.status != SubscriberStatus.UNSUBSCRIBED:
        return False
    feedback = session.get(
        UnsubscribeFeedback, subscriber_id, with_for_update=True
    ) or UnsubscribeFeedback(subscriber_id=subscriber_id, reason=reason, at=now)
    feedback.reason, feedback.words, feedback.issue_number, feedback.at = reason, words, issue, now
    session.add(feedback)
    session.flush()
    return True


def only_offered(names: Collection[str], offered: Collection[str]) -> frozenset[str]:
    """Return the `names` that are currently offered: a form may send anything."""
    return frozenset(names) & frozenset(offered)


def _close_change(session: Session, subscriber_id: int) -> None:
    """Mark the newest address change of a subscriber as done."""
    change = session.get(AddressChange, subscriber_id)
    if change is not None:
        change.email = None
    session.flush()


def _free_address(session: Session, subscriber_id: int, key: str) -> bool:
    """Return whether the address is free; joins to the subscriber whoever is off the list with it.

    The owner of the mailbox confirmed both: the proofs of their consent are kept, and links sent
    to that mailbox before still unsubscribe.
    """
    other = session.exec(
        select(Subscriber).where(Subscriber.email_key == key).with_for_update()
    ).first()
    if other is None or other.id == subscriber_id:
        return True
    if other.status not in {SubscriberStatus.PENDING, SubscriberStatus.UNSUBSCRIBED}:
        return False
    session.expunge(other)
    for table in (Consent, FormerPublicId):
        session.exec(
            update(table)
            .where(col(table.subscriber_id) == other.id)
            .values(subscriber_id=subscriber_id)
            .execution_options(synchronize_session=False)
        )
    session.add(
        FormerPublicId(
            public_id=other.public_id,
            legacy_number=other.legacy_number,
            subscriber_id=subscriber_id,
        )
    )
    session.exec(delete(Subscriber).where(col(Subscriber.id) == other.id))
    return True
