"""Finds the subscriber to whom an exported row's public id belongs.

Somebody keeps their id when their address changes, so a row may carry the id of somebody who is on
the list with another address. That is the same person: a second row of them would be mailed after
the first one leaves. Where the export proves that the owner of its address confirmed the change,
the address here follows; where it does not, as in a row that was copied by hand, it is refused.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import repeat
from typing import NamedTuple

from sqlalchemy import BigInteger
from sqlmodel import Session, col, select

from store.insertion import insert_new
from store.rows import as_table
from subscribers import suppression
from subscribers.consent import ConsentKind, consents_of, record_consent
from subscribers.preferences import ADDRESS_CHANGE_WORDING, MOVED_NOTE
from subscribers.public_ids import new_public_ids
from subscribers.tables import (
    FormerPublicId,
    Subscriber,
    SubscriberStatus,
    SuppressionReason,
)
from subscribers.transfer import bulk_insert
from subscribers.transfer.duplicates import DuplicateFinder
from subscribers.transfer.rows import ImportRow

_ON_LIST = frozenset({SubscriberStatus.PENDING, SubscriberStatus.ACTIVE})


class IdOwner(NamedTuple):
    """Who on the list is called by an id; by a former one of theirs unless `is_current`."""

    subscriber_id: int
    email: str
    key: str
    is_current: bool


def owners_with_other_address(
    session: Session, people: Mapping[str, ImportRow]
) -> dict[str, IdOwner]:
    """Return by key whose id a row carries, where they are on the list with another address."""
    brought = {key: named[0] for key, one in people.items() if (named := _named(one))}
    if not brought:
        return {}
    owners = _owners(session, set(brought.values()))
    return {
        key: owner
        for key, public_id in brought.items()
        if (owner := owners.get(public_id)) and owner.key != key
    }


def ids_seen_before(people: Mapping[str, ImportRow], seen: DuplicateFinder) -> set[str]:
    """Return the keys of rows whose id stands in the file before them."""
    first: dict[str, str] = {}
    repeated = set()
    for key, one in people.items():
        named = _named(one)
        if named and first.setdefault(f"id {named[0]}", key) != key:
            repeated.add(key)
    return repeated | {first[text] for text in seen.repeated(first)} if first else repeated


def fresh_ids(count: int) -> Iterator[tuple[int, int]]:
    """Yield what links call people who bring no public id of their own, with its epoch."""
    return zip(rising_ids(count), repeat(0))


def rising_ids(count: int) -> list[int]:
    """Return new public ids in their order: a batch goes through the index page by page."""
    return sorted(new_public_ids(count))


def public_ids_for(session: Session, people: list[ImportRow]) -> list[tuple[int, int]]:
    """Return what links call each of them, with its epoch: as in the store of the export.

    An id that is somebody's here names them alone, so whoever brings it gets a new one.
    """
    fresh = fresh_ids(len(people))
    given = [_named(one) for one in people]
    if not any(given):
        return list(fresh)
    taken = bulk_insert.public_ids_among(session, {named[0] for named in given if named})
    found: list[tuple[int, int]] = []
    for named in given:
        if named is None or named[0] in taken:
            found.append(next(fresh))
            continue
        taken.add(named[0])
        found.append(named)
    return found


def link_known(session: Session, known: list[tuple[int, ImportRow]]) -> None:
    """Let links of the store that people on the list were exported from unsubscribe them here."""
    brought = {public_id: number for number, one in known for public_id in _all_ids(one)}
    if not brought:
        return
    taken = bulk_insert.public_ids_among(session, brought)
    rows = [
        {"public_id": public_id, "subscriber_id": number}
        for public_id, number in brought.items()
        if public_id not in taken
    ]
    if rows:
        session.connection().execute(insert_new(session, FormerPublicId), rows)


def has_moved(session: Session, owner: IdOwner, one: ImportRow) -> bool:
    """Return whether the row proves that its address was confirmed after what is known here."""
    confirmed = _address_confirmed(one)
    if not owner.is_current or confirmed is None:
        return False
    here = [
        record.at
        for record in consents_of(session, owner.subscriber_id)
        if record.wording == ADDRESS_CHANGE_WORDING
    ]
    return not here or max(here) < confirmed


def is_off_list(session: Session, owner: IdOwner) -> bool:
    person = session.get(Subscriber, owner.subscriber_id)
    return person is None or person.status not in _ON_LIST


def follow_address(
    session: Session, owner: IdOwner, one: ImportRow, address_hash: str, now: datetime
) -> None:
    """Give a subscriber the address of the row; links sent to the one before only unsubscribe."""
    person = session.get(Subscriber, owner.subscriber_id, with_for_update=True)
    named = _named(one)
    if person is None or named is None or one.exported is None:
        return
    before = person.address_hash
    person.email, person.email_key, person.address_hash = one.email, one.key, address_hash
    person.link_epoch, person.changed_at = named[1], now
    newest = max((known.at for known in consents_of(session, owner.subscriber_id)), default=None)
    for record in one.exported.consents:
        if newest is None or record["at"] > newest:
            rest = {name: record[name] for name in ("source", "ip", "user_agent", "form")}
            kind, at = ConsentKind(record["kind"]), record["at"]
            record_consent(session, owner.subscriber_id, kind, record["wording"], at, **rest)
    session.flush()
    suppression.suppress(
        session, before, None, SuppressionReason.UNSUBSCRIBED, now, note=MOVED_NOTE
    )


def why_refused(owner: IdOwner) -> str:
    return (
        f"its public id is that of {owner.email} here, and nothing in the row proves that they "
        "moved: empty the cell public_id if this is somebody else"
    )


WHY_REPEATED = (
    "its public id stands in the file before, with another address: empty the cell public_id if "
    "this is somebody else"
)


def _named(one: ImportRow) -> tuple[int, int] | None:
    return one.exported.public_id if one.exported else None


def _all_ids(one: ImportRow) -> list[int]:
    """Return what links call them in the store of the export, and called them before."""
    named = _named(one)
    former = one.exported.former_ids if one.exported else ()
    return [*([named[0]] if named else []), *former]


def _address_confirmed(one: ImportRow) -> datetime | None:
    """Return when the owner of the row's address confirmed it last, as its consents say."""
    records = one.exported.consents if one.exported else []
    return max(
        (
            record["at"]
            for record in records
            if record["wording"] == ADDRESS_CHANGE_WORDING
            and record["kind"] == ConsentKind.CONFIRMED
        ),
        default=None,
    )


def _owners(session: Session, public_ids: set[int]) -> dict[int, IdOwner]:
    listed = as_table(session, [(one,) for one in public_ids], {"id": BigInteger()}).subquery()
    person = (col(Subscriber.id), col(Subscriber.email), col(Subscriber.email_key))
    current = select(col(Subscriber.public_id), *person).join(
        listed, listed.c.id == col(Subscriber.public_id)
    )
    former = (
        select(col(FormerPublicId.public_id), *person)
        .join(listed, listed.c.id == col(FormerPublicId.public_id))
        .join(Subscriber, col(Subscriber.id) == col(FormerPublicId.subscriber_id))
    )
    return {
        public_id: IdOwner(number, email, key, is_current)
        for statement, is_current in ((former, False), (current, True))
        for public_id, number, email, key in session.execute(statement)
    }
