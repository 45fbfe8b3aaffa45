"""Stores who must not be mailed, as a file says: suppressions, and people who leave the list."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, func, select

from subscribers import suppression
from subscribers.addresses import AddressHasher
from subscribers.consent import ConsentKind, is_withdrawn, record_consent
from subscribers.suppression_removal import removals_of
from subscribers.tables import (
    Consent,
    Subscriber,
    SubscriberStatus,
    Suppression,
    SuppressionReason,
)
from subscribers.transfer import bulk_insert
from subscribers.transfer.formats.statuses import OFF_LIST, ImportedStatus
from subscribers.transfer.rows import ImportRow

_PERSONAL = frozenset(
    {SuppressionReason.UNSUBSCRIBED, SuppressionReason.COMPLAINED, SuppressionReason.MANUAL}
)
"""What is said of a person; a bounce is said of an address alone."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What is the same for every row of one import."""

    hasher: AddressHasher
    source: str
    tool: str
    """Whose export it is, as the wording of a consent record names it."""
    statuses: dict[ImportedStatus | None, str]
    wording: str
    now: datetime
    consent_at: datetime
    spell: Callable[[datetime], Any]
    """Spells a time as the database takes it."""
    run: int | None = None
    """The number of this import; None for a dry run."""


def agreed_again(left_at: datetime | None, agreed_at: datetime | None) -> bool:
    """Return whether they agreed again after they left; False where a time is missing."""
    return left_at is not None and agreed_at is not None and agreed_at > left_at


def keep_through_undo(
    session: Session, hashes: set[str], people: Iterable[int], run: int | None
) -> None:
    """Take departures that this file states again from the imports that first stated them.

    Undoing one of two files that say that somebody left must not forget what the other one says.
    `hashes` are those of the addresses, `people` the numbers of those who are on the list.
    """
    if not hashes:
        return
    blocked = bulk_insert.among(session, col(Suppression.address_hash), hashes)
    whose = col(Subscriber.id).in_(list(people))
    for table, which in ((Suppression, blocked), (Subscriber, whose)):
        session.connection().execute(
            update(table)
            .where(which, col(table.import_run).is_not(None), col(table.import_run) != run)
            .values(import_run=None)
        )


def is_personal(one: ImportRow) -> bool:
    """Return whether the person must not be mailed, wherever; a bounce is of one address."""
    return one.reason in _PERSONAL


def withdrawal_wording(options: ImportOptions) -> str:
    return f"Left before the import, as {options.tool} has it."


def block(
    session: Session, options: ImportOptions, rows: list[ImportRow], hashes: dict[str, str]
) -> None:
    """Suppress the addresses of `rows` that must not be mailed, in the order of the file."""
    spell = options.spell
    values = [
        (*_suppressed(options, one, one.address_hash or hashes[one.key], reason), spell(at))
        for one in rows
        if (reason := _reason(one)) and (at := _suppressed_at(options, one))
    ]
    if values:
        bulk_insert.insert_suppressions(session, values)


def _reason(one: ImportRow) -> SuppressionReason | None:
    """Return why somebody new is suppressed: of an export of ours only what it says itself."""
    if one.exported and one.status is not ImportedStatus.SUPPRESSED:
        return one.exported.reason
    return one.reason


def _suppressed(
    options: ImportOptions, one: ImportRow, address_hash: str, reason: SuppressionReason
) -> tuple[Any, ...]:
    """Return a row of `bulk_insert.SUPPRESSION` but for its time; an erased one has no address."""
    exported = one.exported
    note = exported.note if exported else f"{options.source}: {options.tool}"[:500]
    if one.address_hash:
        note = ""
    return (address_hash, one.email or None, reason.value, note, "{}", options.run)


def _suppressed_at(options: ImportOptions, one: ImportRow) -> datetime:
    return (one.exported and one.exported.suppressed_at) or one.left_at or options.now


def leave(session: Session, options: ImportOptions, number: int, one: ImportRow) -> None:
    """Suppress a subscriber on the list who must not be mailed, as the file says."""
    person = session.get(Subscriber, number, with_for_update=True)
    reason = one.reason
    if (
        person is None
        or reason is None
        or agreed_again(one.left_at, _agreed_at(session, person, one))
    ):
        return
    note = f"{options.source}: {options.tool}"
    for address_hash in {person.address_hash, options.hasher.hash(person.email_key)}:
        suppression.suppress(
            session, address_hash, person.email, reason, one.left_at or options.now, note=note
        )
    if one.status not in OFF_LIST or person.status not in {
        SubscriberStatus.PENDING,
        SubscriberStatus.ACTIVE,
    }:
        return
    person.status, person.changed_at = OFF_LIST[one.status][0], options.now
    if one.status is not ImportedStatus.BOUNCED and not is_withdrawn(session, number):
        at = one.left_at or options.now
        record_consent(
            session,
            number,
            ConsentKind.WITHDRAWN,
            withdrawal_wording(options),
            at,
            source=options.source,
        )
    session.flush()


def _agreed_at(session: Session, person: Subscriber, one: ImportRow) -> datetime | None:
    """Return when they last agreed by themselves, here or in a store of ours that was exported.

    What an import says of a tool's sign-ups does not count: another tool knew nothing of who left
    this one, and which of two files comes first must not matter. Such proofs are from before the
    row was made. For a bounce, which is no withdrawal, a later removal of the suppression counts as
    well.
    """
    own = (ConsentKind.REQUESTED, ConsentKind.CONFIRMED)
    times = [
        session.exec(
            select(func.max(Consent.at)).where(
                Consent.subscriber_id == person.id,
                col(Consent.kind).in_(own),
                col(Consent.at) >= person.created_at,
            )
        ).one()
    ]
    if one.reason is SuppressionReason.BOUNCED:
        times += [lift.at for lift in removals_of(session, person.address_hash)]
    return max((at for at in times if at), default=None)
