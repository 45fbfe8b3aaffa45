"""A chunk of arrivals into the list: who is new, who is known, who must not be mailed.

A withdrawal always wins: nothing that an import says makes somebody active who left here, and
whoever the file says to have left leaves here, unless they agreed again after that.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from subscribers import bulk, suppression
from subscribers.addresses import AddressHasher
from subscribers.arrivals import Arrival
from subscribers.consent import ConsentKind, is_withdrawn, record
from subscribers.layouts import LEFT, Standing
from subscribers.report import ImportReport
from subscribers.seen import Seen
from subscribers.tables import (
    Consent,
    Subscriber,
    SubscriberStatus,
    Suppression,
    SuppressionReason,
)


@dataclass(frozen=True, slots=True)
class Terms:
    """What is the same for every row of one import. `status` None leaves it to the file."""

    hasher: AddressHasher
    source: str
    tool: str
    """Whose export it is, as it stands in the wording of a proof."""
    status: SubscriberStatus | None
    wording: str
    now: datetime


def admit(
    session: Session,
    terms: Terms,
    arrivals: Iterable[Arrival],
    seen: Seen,
    report: ImportReport,
    *,
    dry: bool,
) -> None:
    """Counts what becomes of `arrivals` into `report`, and, unless `dry`, makes it so."""
    if not dry:
        bulk.one_import_at_a_time(session)
    people, erased = _folded(arrivals, report)
    repeated = seen.repeated(people)
    hashes = {key: terms.hasher.hash(key) for key in people}
    known = _known(session, people)
    blocked = _blocked(session, [*hashes.values(), *erased])
    new: list[Arrival] = []
    for key, one in people.items():
        if key in known:
            report.repeated += key in repeated
            is_blocked = hashes[key] in blocked
            report.suppressed += is_blocked and key not in repeated
            report.already += not is_blocked and key not in repeated
            if one.reason and not dry:
                _leave(session, terms, known[key], one)
        elif key in repeated and (dry or hashes[key] in blocked):
            report.repeated += 1
        elif hashes[key] in blocked:
            report.suppressed += 1
        else:
            new.append(one)
    report.suppressed += len(erased & blocked)
    report.departed += len(erased - blocked)
    if dry:
        _count_new(new, report)
        return
    _block_erased(session, erased - blocked, terms.now)
    _insert(session, terms, new, hashes, report)


def _folded(
    arrivals: Iterable[Arrival], report: ImportReport
) -> tuple[dict[str, Arrival], set[str]]:
    """One arrival an address, and the hashes of who was erased.

    Of two rows for one address the first counts, but whoever has left in either has left.
    """
    people: dict[str, Arrival] = {}
    erased: set[str] = set()
    for one in arrivals:
        if one.standing is Standing.ERASED:
            report.repeated += one.address_hash in erased
            erased.add(one.address_hash)
            continue
        first = people.setdefault(one.key, one)
        if first is one:
            continue
        report.repeated += 1
        if one.reason and not first.reason and not _outlived(one.left_at, first.agreed_at):
            people[one.key] = first._replace(
                standing=one.standing, left_at=one.left_at, kept=one.kept or first.kept
            )
    return people, erased


def _outlived(left_at: datetime | None, agreed_at: datetime | None) -> bool:
    """They agreed again after they had left; where a time is missing nobody can say so."""
    return left_at is not None and agreed_at is not None and agreed_at > left_at


def _known(session: Session, keys: Iterable[str]) -> dict[str, int]:
    column = col(Subscriber.email_key)
    statement = select(column, col(Subscriber.id)).where(bulk.among(session, column, keys))
    return {key: number or 0 for key, number in session.connection().execute(statement)}


def _blocked(session: Session, hashes: Iterable[str]) -> set[str]:
    column = col(Suppression.address_hash)
    statement = select(column).where(bulk.among(session, column, hashes))
    return set(session.connection().execute(statement).scalars())


def _count_new(new: list[Arrival], report: ImportReport) -> None:
    departed = sum(1 for one in new if _is_departed(one))
    report.departed += departed
    report.added += len(new) - departed


def _is_departed(one: Arrival) -> bool:
    return one.standing in LEFT or one.standing is Standing.SUPPRESSED


def _insert(
    session: Session,
    terms: Terms,
    new: list[Arrival],
    hashes: dict[str, str],
    report: ImportReport,
) -> None:
    people = [one for one in new if one.standing is not Standing.SUPPRESSED]
    rows = [_person(terms, one, hashes[one.key]) for one in people]
    numbers = bulk.insert_people(session, rows) if rows else {}
    proofs = [
        proof
        for one in people
        if one.key in numbers
        for proof in _proofs(terms, one, numbers[one.key])
    ]
    if proofs:
        bulk.insert_consents(session, proofs)
    blocks = [_block(terms, one, hashes[one.key], reason) for one in new if (reason := one.reason)]
    if blocks:
        bulk.insert_suppressions(session, blocks)
    report.already += len(people) - len(numbers)  # somebody else added them in this moment
    _count_new([one for one in new if one.key in numbers], report)
    report.departed += len(new) - len(people)


def _person(terms: Terms, one: Arrival, address_hash: str) -> tuple[Any, ...]:
    kept = one.kept
    return (
        one.email,
        one.key,
        address_hash,
        one.first_name,
        _status(terms, one).value,
        kept.source if kept else terms.source,
        kept.tracking if kept else True,
        (kept and kept.created_at) or terms.now,
        (kept and kept.changed_at) or terms.now,
    )


def _status(terms: Terms, one: Arrival) -> SubscriberStatus:
    if one.standing in LEFT:
        return LEFT[one.standing][0]
    # Nobody who was pending elsewhere is active here without having confirmed.
    if one.standing is Standing.PENDING:
        return SubscriberStatus.PENDING
    said = SubscriberStatus.ACTIVE if one.standing else SubscriberStatus.PENDING
    return terms.status or said


def _proofs(terms: Terms, one: Arrival, number: int) -> list[tuple[Any, ...]]:
    """What is known of their consent, oldest first, as rows of `bulk.CONSENT`."""
    if one.kept and one.kept.consents:
        return [
            (number, *(proof[name] for name in bulk.CONSENT.split()[1:]))
            for proof in one.kept.consents
        ]
    proofs: list[tuple[Any, ...]] = []
    if one.signed_up_at:
        words = f"Signed up, as {terms.tool} has it."
        came_from = one.came_from or terms.source
        kind = ConsentKind.REQUESTED.value
        proofs.append((number, kind, words, came_from, one.signed_up_ip, "", one.signed_up_at))
    if one.confirmed_at:
        words = f"Confirmed, as {terms.tool} has it."
        kind = ConsentKind.CONFIRMED.value
        proofs.append((number, kind, words, terms.source, one.confirmed_ip, "", one.confirmed_at))
    if one.standing in {Standing.UNSUBSCRIBED, Standing.COMPLAINED}:
        words, kind, at = _gone(terms), ConsentKind.WITHDRAWN.value, one.left_at or terms.now
        proofs.append((number, kind, words, terms.source, "", "", at))
    else:
        kind = ConsentKind.IMPORTED.value
        proofs.append((number, kind, terms.wording, terms.source, "", "", terms.now))
    return proofs


def _gone(terms: Terms) -> str:
    return f"Left before the import, as {terms.tool} has it."


def _block(
    terms: Terms, one: Arrival, address_hash: str, reason: SuppressionReason
) -> tuple[Any, ...]:
    kept = one.kept
    at = (kept and kept.suppressed_at) or one.left_at or terms.now
    note = kept.note if kept else f"{terms.source}: {terms.tool}"[:500]
    return (address_hash, one.email, reason.value, note, "{}", at)


def _block_erased(session: Session, hashes: set[str], now: datetime) -> None:
    if hashes:
        reason = SuppressionReason.ERASED.value
        rows = [(one, None, reason, "", "{}", now) for one in sorted(hashes)]
        bulk.insert_suppressions(session, rows)


def _leave(session: Session, terms: Terms, number: int, one: Arrival) -> None:
    """Somebody on the list of whom the file says that they must not be mailed."""
    person = session.get(Subscriber, number, with_for_update=True)
    reason = one.reason
    if person is None or reason is None or _outlived(one.left_at, _agreed_at(session, number)):
        return
    note = f"{terms.source}: {terms.tool}"
    for address_hash in {person.address_hash, terms.hasher.hash(person.email_key)}:
        suppression.suppress(
            session, address_hash, person.email, reason, one.left_at or terms.now, note=note
        )
    if one.standing not in LEFT or person.status not in {
        SubscriberStatus.PENDING,
        SubscriberStatus.ACTIVE,
    }:
        return
    person.status, person.changed_at = LEFT[one.standing][0], terms.now
    if one.standing is not Standing.BOUNCED and not is_withdrawn(session, number):
        at = one.left_at or terms.now
        record(session, number, ConsentKind.WITHDRAWN, _gone(terms), at, source=terms.source)
    session.flush()


def _agreed_at(session: Session, number: int) -> datetime | None:
    """When they last agreed by themselves; an operator's import is not their word."""
    own = (ConsentKind.REQUESTED, ConsentKind.CONFIRMED)
    return session.exec(
        select(func.max(Consent.at)).where(
            Consent.subscriber_id == number, col(Consent.kind).in_(own)
        )
    ).one()
