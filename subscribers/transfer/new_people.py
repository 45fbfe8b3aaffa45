"""Stores people who are new here: their rows, their consent, and what our own export says of them.

An export of ours brings back preferences, topics and lifted suppressions too.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, update
from sqlmodel import Session, col

from subscribers.consent import ConsentKind
from subscribers.tables import (
    Followed,
    Frequency,
    Subscriber,
    SubscriberStatus,
    SuppressionRemoval,
    TopicKind,
)
from subscribers.transfer import bulk_insert
from subscribers.transfer.departures import ImportOptions, withdrawal_wording
from subscribers.transfer.formats.statuses import OFF_LIST, SUPPRESSION_REASONS, ImportedStatus
from subscribers.transfer.identity import public_ids_for
from subscribers.transfer.own_export import OwnExportFields
from subscribers.transfer.refused_rows import ImportReport
from subscribers.transfer.rows import ImportRow

_WITHDREW = frozenset({ImportedStatus.UNSUBSCRIBED, ImportedStatus.COMPLAINED})
# Taken out of their enumerations once: a member's name costs a call, a million rows a million.
_REQUESTED, _CONFIRMED, _IMPORTED, _WITHDRAWN = (
    ConsentKind.REQUESTED.value,
    ConsentKind.CONFIRMED.value,
    ConsentKind.IMPORTED.value,
    ConsentKind.WITHDRAWN.value,
)
_Spell = Callable[[datetime], Any]


def insert_new_people(
    session: Session,
    options: ImportOptions,
    new: list[ImportRow],
    hashes: dict[str, str],
    report: ImportReport,
) -> dict[str, int]:
    """Insert people who are new; count them, and return their numbers by key."""
    people = [one for one in new if one.status is not ImportedStatus.SUPPRESSED]
    report.departed += len(new) - len(people)
    if not people:
        return {}
    spell = bulk_insert.spelling(session)
    columns, same = _people(options, people, hashes, public_ids_for(session, people), spell)
    if all(map(_says_no_more, people)):
        consent = (_IMPORTED, options.wording, options.source, "", "", "")
        spelled = (*consent, spell(options.consent_at))
        added = bulk_insert.insert_people_alike(session, columns, same, spelled)
        report.already += len(people) - added  # somebody else added them in this moment
        count_new(people[:added], report)
        return {}
    numbers = bulk_insert.insert_people(session, columns, same)
    if len(numbers) < len(people):  # as above
        report.already += len(people) - len(numbers)
        people = [one for one in people if one.key in numbers]
    if people:
        _insert_consents(session, options, people, numbers, spell)
    exported = [(numbers[one.key], hashes[one.key], one.exported) for one in people if one.exported]
    _restore_choices(session, exported)
    count_new(people, report)
    return numbers


def count_new(new: list[ImportRow], report: ImportReport) -> None:
    """Count people who are new: added, or departed if they must not be mailed."""
    departed = sum(one.status in SUPPRESSION_REASONS for one in new)
    report.departed += departed
    report.added += len(new) - departed


def statuses_for(given: SubscriberStatus | None) -> dict[ImportedStatus | None, str]:
    """Return our status by the file's status; `given` is what the operator asked for."""
    # Nobody who was pending elsewhere is active here without having confirmed.
    found: dict[ImportedStatus | None, str] = {
        ImportedStatus.PENDING: SubscriberStatus.PENDING.value
    }
    found[ImportedStatus.ACTIVE] = (given or SubscriberStatus.ACTIVE).value
    found[None] = (given or SubscriberStatus.PENDING).value
    return found | {imported: ours.value for imported, (ours, _) in OFF_LIST.items()}


def _people(
    options: ImportOptions,
    people: list[ImportRow],
    hashes: dict[str, str],
    ids: list[tuple[int, int]],
    spell: _Spell,
) -> tuple[dict[str, Sequence[Any]], dict[str, Any]]:
    """Return what differs from person to person, by columns, and what is the same for all."""
    _, emails, keys, names, statuses, *_ = zip(*people, strict=True)
    public_ids, epochs = zip(*ids, strict=True)
    columns: dict[str, Sequence[Any]] = {
        "email": emails,
        "email_key": keys,
        "address_hash": list(map(hashes.__getitem__, keys)),
        "first_name": names,
        "public_id": public_ids,
    }
    now = spell(options.now)
    same: dict[str, Any] = {"import_run": options.run}
    rest: dict[str, Sequence[Any]] = {
        "status": list(map(options.statuses.__getitem__, statuses)),
        "link_epoch": epochs,
    }
    if any(one.exported for one in people):
        rest |= _exported(options, people, spell, now)
    else:
        same |= {"source": options.source, "tracking": True, "created_at": now, "changed_at": now}
    for name, values in rest.items():
        if len(set(values)) == 1:
            same[name] = values[0]
        else:
            columns[name] = values
    return columns, same


def _exported(
    options: ImportOptions, people: list[ImportRow], spell: _Spell, now: Any
) -> dict[str, Sequence[Any]]:
    rows = [
        (
            exported.source,
            exported.tracking,
            spell(exported.created_at) if exported.created_at else now,
            spell(exported.changed_at) if exported.changed_at else now,
        )
        if (exported := one.exported)
        else (options.source, True, now, now)
        for one in people
    ]
    names = ("source", "tracking", "created_at", "changed_at")
    return dict(zip(names, zip(*rows, strict=True), strict=True))


def _insert_consents(
    session: Session,
    options: ImportOptions,
    people: list[ImportRow],
    numbers: dict[str, int],
    spell: _Spell,
) -> None:
    consents = [
        (*row[:-1], spell(row[-1]))
        for one in people
        for row in _consent_rows(options, one, numbers[one.key])
    ]
    bulk_insert.insert_consents(session, consents)


def _says_no_more(one: ImportRow) -> bool:
    """Return whether the operator's statement is all that is known of their consent."""
    return (
        one.signed_up_at is None
        and one.confirmed_at is None
        and one.status not in _WITHDREW
        and one.exported is None
    )


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


def _restore_choices(session: Session, people: Sequence[tuple[int, str, OwnExportFields]]) -> None:
    """Store the choices of new `people`: each their number, address hash and exported fields."""
    connection = session.connection()
    preferences = [
        {
            "number": number,
            "frequency": one.frequency,
            "zone": one.zone,
            "paused_until": one.paused_until,
        }
        for number, _, one in people
        if (one.frequency, one.zone, one.paused_until) != (Frequency.EVERY, "UTC", None)
    ]
    if preferences:
        connection.execute(
            update(Subscriber.__table__)  # type: ignore[attr-defined]
            .where(col(Subscriber.id) == bindparam("number"))
            .values(
                frequency=bindparam("frequency"),
                zone=bindparam("zone"),
                paused_until=bindparam("paused_until"),
            ),
            preferences,
        )
    followed = [
        {"subscriber_id": number, "topic": topic.value, "name": name}
        for number, _, one in people
        for topic, names in (
            (TopicKind.CATEGORY, one.categories),
            (TopicKind.TOOL, one.tools),
        )
        for name in names
    ]
    if followed:
        connection.execute(insert(Followed), followed)
    lifts = [
        {"address_hash": address_hash, **lift}
        for _, address_hash, one in people
        for lift in one.lifts
    ]
    if lifts:
        connection.execute(insert(SuppressionRemoval), lifts)
