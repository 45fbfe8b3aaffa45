"""Imports one batch of rows: sorts new, known and suppressed addresses, and stores them.

A withdrawal always wins: an import never makes an unsubscribed subscriber active, and a row that is
unsubscribed in the file is unsubscribed here, unless consent was given again after that.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlmodel import Session, col, select

from subscribers.consent import ConsentKind
from subscribers.tables import Subscriber, SubscriberStatus, Suppression
from subscribers.transfer import bulk_insert
from subscribers.transfer.departures import (
    ImportOptions,
    agreed_again,
    block,
    is_personal,
    keep_through_undo,
    leave,
    withdrawal_wording,
)
from subscribers.transfer.duplicates import DuplicateFinder
from subscribers.transfer.formats.statuses import OFF_LIST, SUPPRESSION_REASONS, ImportedStatus
from subscribers.transfer.identity import (
    WHY_REPEATED,
    IdOwner,
    follow_address,
    has_moved,
    ids_seen_before,
    is_off_list,
    link_known,
    owners_with_other_address,
    public_ids_for,
    why_refused,
)
from subscribers.transfer.refused_rows import ImportReport, Refusals, RefusedRow
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


class _Found(NamedTuple):
    """What is known here of the rows of a batch, by the key of their address."""

    hashes: dict[str, str]
    """Empty in a dry run where nobody is suppressed: nothing would be compared with them."""
    known: dict[str, int]
    """The numbers of those who are on the list."""
    blocked: set[str]
    """Hashes that are suppressed."""
    blocked_keys: set[str]
    """The keys of those on the file whose hash is suppressed."""
    repeated: set[str]
    """Keys that an earlier batch had."""
    owners: dict[str, IdOwner]
    """Who has the public id of the row, and another address."""
    ids_repeated: set[str]


def import_batch(
    session: Session,
    options: ImportOptions,
    rows: Iterable[ImportRow],
    seen: DuplicateFinder,
    refusals: Refusals,
    *,
    dry: bool,
) -> None:
    """Count what becomes of `rows` in the report of `refusals`, and store it unless `dry`."""
    report = refusals.report
    if not dry:
        bulk_insert.one_import_at_a_time(session)
    people, erased = _folded(rows, report)
    nobody_blocked = _is_empty(session, col(Suppression.address_hash))
    hashes = {} if dry and nobody_blocked else {key: options.hasher.hash(key) for key in people}
    blocked = set() if nobody_blocked else _blocked(session, [*hashes.values(), *erased])
    exported = {key: one for key, one in people.items() if one.exported}
    found = _Found(
        hashes,
        _known(session, people),
        blocked,
        {key for key, address_hash in hashes.items() if address_hash in blocked}
        if blocked
        else set(),
        seen.repeated(people),
        owners_with_other_address(session, exported),
        ids_seen_before(exported, seen),
    )
    if not dry:
        _take_off(session, options, people, found)
        stated = {hashes[key] for key, one in people.items() if one.reason} | erased.keys()
        keep_through_undo(session, stated & found.blocked)
    new, gone = _sorted(session, options, people, found, refusals, dry=dry)
    gone += [one for address_hash, one in erased.items() if address_hash not in found.blocked]
    report.suppressed += sum(address_hash in found.blocked for address_hash in erased)
    report.departed += len(gone)
    if dry:
        _count_new(new, report)
        return
    numbers = _insert(session, options, new, hashes, report)
    linked = [(number, people[key]) for key, number in found.known.items()]
    linked += [
        (numbers[one.key], one)
        for one in new
        if one.exported and one.exported.former_ids and one.key in numbers
    ]
    link_known(session, linked)
    block(session, options, sorted([*new, *gone], key=_line), hashes)


def _take_off(
    session: Session, options: ImportOptions, people: dict[str, ImportRow], found: _Found
) -> None:
    """Take people off the list who must not be mailed, as a row says by address or by public id."""
    for key, one in people.items():
        if not one.reason:
            continue
        if key in found.known:
            leave(session, options, found.known[key], one)
        if key in found.owners and is_personal(one):
            leave(session, options, found.owners[key].subscriber_id, one)


def _sorted(
    session: Session,
    options: ImportOptions,
    people: dict[str, ImportRow],
    found: _Found,
    refusals: Refusals,
    *,
    dry: bool,
) -> tuple[list[ImportRow], list[ImportRow]]:
    """Return who is new, and whose address alone must not be mailed; count the others."""
    new: list[ImportRow] = []
    gone: list[ImportRow] = []
    report = refusals.report
    _, known, _, blocked, repeated, owners, ids_repeated = found
    if not (known or blocked or repeated or owners or ids_repeated):
        return list(people.values()), []
    for key, one in people.items():
        if key in known:
            report.repeated += key in repeated
            is_blocked = key in blocked
            report.suppressed += is_blocked and key not in repeated
            report.already += not is_blocked and key not in repeated
        elif key in repeated and (dry or key in blocked):
            report.repeated += 1
        elif key in blocked:
            report.suppressed += 1
        elif key in owners and one.reason:
            gone.append(one)
        elif key in owners:
            _meet_owner(session, options, one, found, refusals, dry=dry)
        elif key in ids_repeated and not one.reason:
            _refuse(refusals, one, WHY_REPEATED)
        else:
            new.append(one)
    return new, gone


def _meet_owner(
    session: Session,
    options: ImportOptions,
    one: ImportRow,
    found: _Found,
    refusals: Refusals,
    *,
    dry: bool,
) -> None:
    """Count the row of somebody who is on the list with another address; it may follow the row."""
    owner = found.owners[one.key]
    if is_off_list(session, owner):
        refusals.report.suppressed += 1
    elif not has_moved(session, owner, one):
        _refuse(refusals, one, why_refused(owner))
    else:
        refusals.report.already += 1
        if not dry:
            follow_address(session, owner, one, found.hashes[one.key], options.now)


def _refuse(refusals: Refusals, one: ImportRow, why: str) -> None:
    refusals.add(one.cells, RefusedRow(one.line, one.email, why))


def _line(one: ImportRow) -> int:
    return one.line


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
        if one.reason and not first.reason and not agreed_again(one.left_at, first.agreed_at):
            people[one.key] = first._replace(
                status=one.status, left_at=one.left_at, exported=one.exported or first.exported
            )
    return people, erased


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
    statement = select(column).where(bulk_insert.among(session, column, hashes))
    return set(session.connection().execute(statement).scalars())


def _count_new(new: list[ImportRow], report: ImportReport) -> None:
    departed = sum(one.status in SUPPRESSION_REASONS for one in new)
    report.departed += departed
    report.added += len(new) - departed


def _insert(
    session: Session,
    options: ImportOptions,
    new: list[ImportRow],
    hashes: dict[str, str],
    report: ImportReport,
) -> dict[str, int]:
    """Insert people who are new; return their numbers by key."""
    people = [one for one in new if one.status is not ImportedStatus.SUPPRESSED]
    ids = public_ids_for(session, people)
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
    return numbers


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
        words, at = withdrawal_wording(options), one.left_at or options.now
        consents.append((number, _WITHDRAWN, words, options.source, "", "", "", at))
    else:
        consents.append(
            (number, _IMPORTED, options.wording, options.source, "", "", "", options.consent_at)
        )
    return consents
