"""Imports one batch of rows: sorts new, known and suppressed addresses, and stores them.

A withdrawal always wins: an import never makes an unsubscribed subscriber active, and a row that is
unsubscribed in the file is unsubscribed here, unless consent was given again after that.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, func, select

from store.insertion import insert_new
from subscribers import suppression
from subscribers.addresses import AddressHasher
from subscribers.consent import ConsentKind, is_withdrawn, record_consent
from subscribers.public_ids import new_public_ids
from subscribers.suppression_removal import removals_of
from subscribers.tables import (
    Consent,
    FormerPublicId,
    Subscriber,
    SubscriberStatus,
    Suppression,
    SuppressionReason,
)
from subscribers.transfer import bulk_insert
from subscribers.transfer.duplicates import DuplicateFinder
from subscribers.transfer.formats.statuses import OFF_LIST, SUPPRESSION_REASONS, ImportedStatus
from subscribers.transfer.refused_rows import ImportReport
from subscribers.transfer.restore import restore_choices
from subscribers.transfer.rows import ImportRow

_WITHDREW = frozenset({ImportedStatus.UNSUBSCRIBED, ImportedStatus.COMPLAINED})
# Taken out of their enumerations once: a member's name costs a call, a million rows a million.
_REQUESTED, _CONFIRMED, _IMPORTED, _WITHDRAWN = (
    ConsentKind.REQUESTED.value,
    ConsentKind.CONFIRMED.value,
    ConsentKind.IMPORTED.value,
    ConsentKind.WITHDRAWN.value,
)


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
    run: int | None = None
    """The number of this import; None for a dry run."""


def import_batch(
    session: Session,
    options: ImportOptions,
    rows: Iterable[ImportRow],
    seen: DuplicateFinder,
    report: ImportReport,
    *,
    dry: bool,
) -> None:
    """Count into `report` what becomes of `rows`, and store it unless `dry`."""
    if not dry:
        bulk_insert.one_import_at_a_time(session)
    people, erased = _folded(rows, report)
    repeated = seen.repeated(people)
    hashes = {key: options.hasher.hash(key) for key in people}
    known = _known(session, people)
    blocked = _blocked(session, [*hashes.values(), *erased])
    new: list[ImportRow] = []
    for key, one in people.items():
        if key in known:
            report.repeated += key in repeated
            is_blocked = hashes[key] in blocked
            report.suppressed += is_blocked and key not in repeated
            report.already += not is_blocked and key not in repeated
            if one.reason and not dry:
                _leave(session, options, known[key], one)
        elif key in repeated and (dry or hashes[key] in blocked):
            report.repeated += 1
        elif hashes[key] in blocked:
            report.suppressed += 1
        else:
            new.append(one)
    gone = [one for address_hash, one in erased.items() if address_hash not in blocked]
    if not dry:
        stated = {hashes[key] for key, one in people.items() if one.reason} | erased.keys()
        _keep_through_undo(session, stated & blocked)
    report.suppressed += len(erased) - len(gone)
    report.departed += len(gone)
    if dry:
        _count_new(new, report)
        return
    _link_known(session, [(known[key], one) for key, one in people.items() if key in known])
    _insert(session, options, new, hashes, report)
    _block(session, options, sorted([*new, *gone], key=_line), hashes)


def _folded(
    rows: Iterable[ImportRow], report: ImportReport
) -> tuple[dict[str, ImportRow], dict[str, ImportRow]]:
    """Return one row per address by its key, and erased people by their hash.

    Of two rows for one address the first counts, but a withdrawal in either one counts.
    """
    people: dict[str, ImportRow] = {}
    erased: dict[str, ImportRow] = {}
    for one in rows:
        if one.address_hash:  # erased elsewhere
            report.repeated += one.address_hash in erased
            erased[one.address_hash] = one
            continue
        first = people.setdefault(one.key, one)
        if first is one:
            continue
        report.repeated += 1
        if one.reason and not first.reason and not _outlived(one.left_at, first.agreed_at):
            people[one.key] = first._replace(
                status=one.status, left_at=one.left_at, exported=one.exported or first.exported
            )
    return people, erased


def _outlived(left_at: datetime | None, agreed_at: datetime | None) -> bool:
    """Return whether they agreed again after they left; False where a time is missing."""
    return left_at is not None and agreed_at is not None and agreed_at > left_at


def _is_empty(session: Session, column: Any) -> bool:
    """Return whether the table is empty: then a first import need not look up each address."""
    return session.connection().execute(select(column).limit(1)).first() is None


def _known(session: Session, keys: Iterable[str]) -> dict[str, int]:
    column = col(Subscriber.email_key)
    if _is_empty(session, column):
        return {}
    statement = select(column, col(Subscriber.id)).where(bulk_insert.among(session, column, keys))
    return {key: number or 0 for key, number in session.connection().execute(statement)}


def _blocked(session: Session, hashes: Iterable[str]) -> set[str]:
    column = col(Suppression.address_hash)
    if _is_empty(session, column):
        return set()
    statement = select(column).where(bulk_insert.among(session, column, hashes))
    return set(session.connection().execute(statement).scalars())


def _count_new(new: list[ImportRow], report: ImportReport) -> None:
    departed = sum(1 for one in new if _is_departed(one))
    report.departed += departed
    report.added += len(new) - departed


def _keep_through_undo(session: Session, hashes: set[str]) -> None:
    """Take departures that this file states again from the imports that first stated them.

    Undoing one of two files that say that somebody left must not forget what the other one says.
    """
    if not hashes:
        return
    for table in (Subscriber, Suppression):
        session.connection().execute(
            update(table)
            .where(
                bulk_insert.among(session, col(table.address_hash), hashes),
                col(table.import_run).is_not(None),
            )
            .values(import_run=None)
        )


def _is_departed(one: ImportRow) -> bool:
    return one.status in SUPPRESSION_REASONS


def _insert(
    session: Session,
    options: ImportOptions,
    new: list[ImportRow],
    hashes: dict[str, str],
    report: ImportReport,
) -> None:
    people = [one for one in new if one.status is not ImportedStatus.SUPPRESSED]
    ids = _public_ids(session, people)
    rows = [
        _person(options, one, hashes[one.key], named)
        for one, named in zip(people, ids, strict=True)
    ]
    numbers = bulk_insert.insert_people(session, rows) if rows else {}
    consents = [
        consent
        for one in people
        if one.key in numbers
        for consent in _consent_rows(options, one, numbers[one.key])
    ]
    if consents:
        bulk_insert.insert_consents(session, consents)
    restore_choices(
        session,
        [
            (numbers[one.key], hashes[one.key], one.exported)
            for one in people
            if one.exported and one.key in numbers
        ],
    )
    report.already += len(people) - len(numbers)  # somebody else added them in this moment
    _count_new([one for one in new if one.key in numbers], report)
    report.departed += len(new) - len(people)


def _public_ids(session: Session, people: list[ImportRow]) -> list[tuple[int, int]]:
    """What links call each of them, with its epoch: as in the store that they were exported from.

    An id that is somebody's here names them alone, so whoever brings it gets a new one.
    """
    given = [one.exported.public_id if one.exported else None for one in people]
    brought = {named[0] for named in given if named}
    taken = bulk_insert.public_ids_among(session, brought) if brought else set()
    fresh = new_public_ids(len(people))
    found: list[tuple[int, int]] = []
    for named in given:
        if named is None or named[0] in taken:
            found.append((next(fresh), 0))
            continue
        taken.add(named[0])
        found.append(named)
    return found


def _link_known(session: Session, known: list[tuple[int, ImportRow]]) -> None:
    """Let links of the store that people on the list were exported from unsubscribe them here."""
    brought = {
        one.exported.public_id[0]: number
        for number, one in known
        if one.exported and one.exported.public_id
    }
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


def _person(
    options: ImportOptions, one: ImportRow, address_hash: str, named: tuple[int, int]
) -> tuple[Any, ...]:
    exported = one.exported
    return (
        one.email,
        one.key,
        address_hash,
        one.first_name,
        options.statuses[one.status],
        exported.source if exported else options.source,
        exported.tracking if exported else True,
        *named,
        options.run,
        (exported and exported.created_at) or options.now,
        (exported and exported.changed_at) or options.now,
    )


def statuses_for(given: SubscriberStatus | None) -> dict[ImportedStatus | None, str]:
    """Return our status by the file's status; `given` is what the operator asked for."""
    # Nobody who was pending elsewhere is active here without having confirmed.
    found: dict[ImportedStatus | None, str] = {
        ImportedStatus.PENDING: SubscriberStatus.PENDING.value
    }
    found[ImportedStatus.ACTIVE] = (given or SubscriberStatus.ACTIVE).value
    found[None] = (given or SubscriberStatus.PENDING).value
    return found | {imported: ours.value for imported, (ours, _) in OFF_LIST.items()}


def _consent_rows(options: ImportOptions, one: ImportRow, number: int) -> list[tuple[Any, ...]]:
    """Return what is known of their consent, oldest first, as rows of `bulk_insert.CONSENT`."""
    if one.exported and one.exported.consents:
        return [
            (number, *(consent[name] for name in bulk_insert.CONSENT.split()[1:]))
            for consent in one.exported.consents
        ]
    consents: list[tuple[Any, ...]] = []
    if one.signed_up_at:
        words = f"Signed up, as {options.tool} has it."
        signed_up_from = one.signed_up_from or options.source
        consents.append(
            (number, _REQUESTED, words, signed_up_from, one.signed_up_ip, "", "", one.signed_up_at)
        )
    if one.confirmed_at:
        words = f"Confirmed, as {options.tool} has it."
        consents.append(
            (number, _CONFIRMED, words, options.source, one.confirmed_ip, "", "", one.confirmed_at)
        )
    if one.status in _WITHDREW:
        words, at = _gone(options), one.left_at or options.now
        consents.append((number, _WITHDRAWN, words, options.source, "", "", "", at))
    else:
        consents.append(
            (number, _IMPORTED, options.wording, options.source, "", "", "", options.consent_at)
        )
    return consents


def _gone(options: ImportOptions) -> str:
    return f"Left before the import, as {options.tool} has it."


def _line(one: ImportRow) -> int:
    return one.line


def _block(
    session: Session, options: ImportOptions, rows: list[ImportRow], hashes: dict[str, str]
) -> None:
    """Suppress the addresses of `rows` that must not be mailed, in the order of the file."""
    values = [
        _suppressed(options, one, one.address_hash or hashes[one.key], reason)
        for one in rows
        if (reason := _reason(one))
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
    """Return a row of `bulk_insert.SUPPRESSION`; of an erased person only the hash is kept."""
    exported = one.exported
    at = (exported and exported.suppressed_at) or one.left_at or options.now
    note = exported.note if exported else f"{options.source}: {options.tool}"[:500]
    if one.address_hash:
        note = ""
    return (address_hash, one.email or None, reason.value, note, "{}", options.run, at)


def _leave(session: Session, options: ImportOptions, number: int, one: ImportRow) -> None:
    """Suppress a subscriber on the list who must not be mailed, as the file says."""
    person = session.get(Subscriber, number, with_for_update=True)
    reason = one.reason
    if person is None or reason is None or _outlived(one.left_at, _agreed_at(session, person, one)):
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
            session, number, ConsentKind.WITHDRAWN, _gone(options), at, source=options.source
        )
    session.flush()


def _agreed_at(session: Session, person: Subscriber, one: ImportRow) -> datetime | None:
    """Return when they last agreed by themselves; an operator's import does not count.

    For a bounce, which is no withdrawal, a later removal of the suppression counts as well.
    """
    own = (ConsentKind.REQUESTED, ConsentKind.CONFIRMED)
    times = [
        session.exec(
            select(func.max(Consent.at)).where(
                Consent.subscriber_id == person.id, col(Consent.kind).in_(own)
            )
        ).one()
    ]
    if one.reason is SuppressionReason.BOUNCED:
        times += [lift.at for lift in removals_of(session, person.address_hash)]
    return max((at for at in times if at), default=None)
