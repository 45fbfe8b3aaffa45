"""Imports one batch of rows: sorts new, known and suppressed addresses, and stores them.

A withdrawal always wins: an import never makes an unsubscribed subscriber active, and a row that is
unsubscribed in the file is unsubscribed here, unless consent was given again after that.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlmodel import Session, col, select

from subscribers.tables import Subscriber, Suppression
from subscribers.transfer import bulk_insert
from subscribers.transfer.departures import (
    ImportOptions,
    block,
    is_personal,
    keep_through_undo,
    leave,
)
from subscribers.transfer.duplicates import DuplicateFinder
from subscribers.transfer.folded import Folded, fold_rows
from subscribers.transfer.identity import (
    WHY_REPEATED,
    IdOwner,
    follow_address,
    has_moved,
    ids_seen_before,
    is_off_list,
    link_known,
    owners_with_other_address,
    why_refused,
)
from subscribers.transfer.new_people import (
    PlainPeople,
    add_plain_people,
    count_new,
    insert_new_people,
    people_of_plain_rows,
    plain_people,
)
from subscribers.transfer.plain_rows import People, PlainRows
from subscribers.transfer.refused_rows import Refusals, RefusedRow
from subscribers.transfer.rows import ImportRow


class Batch(NamedTuple):
    """Rows as far as they can be made ready without the database, which others wait for."""

    rows: People
    hashes: dict[str, str]
    """By key; empty in a dry run."""
    folded: Folded | None
    """None if they need not be taken one by one unless somebody of them is known here."""
    ready: PlainPeople | None
    """All people as they are stored if nobody is known here; None where that is not to be tried."""


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
    """Keys that an earlier batch had, of those that are not new here."""
    owners: dict[str, IdOwner]
    """Who has the public id of the row, and another address."""
    ids_repeated: set[str]


def prepare_batch(options: ImportOptions, rows: People, *, dry: bool) -> Batch:
    """Return what `import_batch` takes."""
    hashes: dict[str, str] = {}
    if isinstance(rows, PlainRows) and not dry:
        hashes = options.hasher.hash_all(rows.keys)
        if len(hashes) == len(rows):  # no address is repeated
            ready = people_of_plain_rows(options, rows, list(hashes.values()))
            return Batch(rows, hashes, None, ready)
    folded = fold_rows(rows)
    if not dry:
        hashes = options.hasher.hash_all(folded.people)
    only_new = bool(folded.people) and not (dry or folded.leaving or folded.erased)
    ready = plain_people(options, folded.people.values(), hashes) if only_new else None
    return Batch(rows, hashes, folded, ready)


def import_batch(
    session: Session,
    options: ImportOptions,
    batch: Batch,
    seen: DuplicateFinder,
    refusals: Refusals,
    *,
    dry: bool,
) -> bool:
    """Count what becomes of a batch in the report of `refusals`, and store it unless `dry`.

    Return whether nobody was on the list. Raises AddressTakenError (`subscribers.transfer
    .bulk_insert`) where somebody was, though it was hoped for: nothing was counted, and it can be
    called again without what was ready.
    """
    report = refusals.report
    if not dry:
        bulk_insert.one_import_at_a_time(session)
    nobody_blocked = _is_empty(session, col(Suppression.address_hash))
    ready = batch.ready
    if ready and (nobody_blocked or not _blocked(session, ready.columns["address_hash"])):
        add_plain_people(session, options, ready, report)
        report.repeated += batch.folded.repeated if batch.folded else 0
        return True
    people, erased, leaving, repeated = batch.folded or fold_rows(batch.rows)
    hashes = batch.hashes
    if dry and not nobody_blocked:
        hashes = options.hasher.hash_all(people)
    blocked = set() if nobody_blocked else _blocked(session, [*hashes.values(), *erased])
    exported = {key: one for key, one in leaving.items() if one.exported}
    blocked_keys = {key for key, value in hashes.items() if value in blocked} if blocked else set()
    report.repeated += repeated
    known, added_before = _known(session, people, options.run)
    # Whom this import stored is known by its number; a dry run, and an export, need all keys.
    told = people if dry or exported else {*known, *blocked_keys, *leaving} - added_before
    found = _Found(
        hashes,
        known,
        blocked,
        blocked_keys,
        seen.repeated(told) | added_before,
        owners_with_other_address(session, exported),
        ids_seen_before(exported, seen),
    )
    if not dry:
        _take_off(session, options, leaving, found)
        _keep_through_undo(session, options, leaving, erased, found)
    new, gone = _sorted(session, options, people, found, refusals, dry=dry)
    gone += [one for address_hash, one in erased.items() if address_hash not in found.blocked]
    report.suppressed += sum(address_hash in found.blocked for address_hash in erased)
    report.departed += len(gone)
    if dry:
        count_new(new, report)
        return not known
    numbers = insert_new_people(session, options, new, hashes, report)
    linked = [(number, people[key]) for key, number in found.known.items()]
    linked += [
        (numbers[key], one)
        for key, one in exported.items()
        if one.exported and one.exported.former_ids and key in numbers
    ]
    link_known(session, linked)
    if leaving or gone:
        block(session, options, sorted([*new, *gone], key=_line), hashes)
    return not known


def _keep_through_undo(
    session: Session,
    options: ImportOptions,
    leaving: dict[str, ImportRow],
    erased: dict[str, ImportRow],
    found: _Found,
) -> None:
    """Let what this file states again outlive the imports that stated it first."""
    stated = {key: found.hashes[key] for key, one in leaving.items() if one.reason}
    people = [
        found.known[key]
        for key, value in stated.items()
        if value in found.blocked and key in found.known
    ]
    blocked = found.blocked.intersection(stated.values()) | (found.blocked & erased.keys())
    keep_through_undo(session, blocked, people, options.run)


def _take_off(
    session: Session, options: ImportOptions, leaving: dict[str, ImportRow], found: _Found
) -> None:
    """Take people off the list who must not be mailed, as a row says by address or by public id."""
    for key, one in leaving.items():
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


def _is_empty(session: Session, column: Any) -> bool:
    """Return whether the table is empty: then a first import need not look up each address."""
    return session.connection().execute(select(column).limit(1)).first() is None


def _known(
    session: Session, keys: Iterable[str], run: int | None
) -> tuple[dict[str, int], set[str]]:
    """Return the numbers of those on the list by their key, and the keys that `run` added."""
    column = col(Subscriber.email_key)
    if _is_empty(session, column):
        return {}, set()
    statement = select(column, col(Subscriber.id), col(Subscriber.import_run)).where(
        bulk_insert.among(session, column, keys)
    )
    found = session.connection().execute(statement).all()
    added = {key for key, _, by in found if run is not None and by == run}
    return {key: number or 0 for key, number, _ in found}, added


def _blocked(session: Session, hashes: Iterable[str]) -> set[str]:
    column = col(Suppression.address_hash)
    statement = select(column).where(bulk_insert.among(session, column, hashes))
    return set(session.connection().execute(statement).scalars())
