"""Stores people who are new here: their rows, their consent, and what our own export says of them.

An export of ours brings back preferences, topics and lifted suppressions too.
"""

from collections.abc import Collection, Iterable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

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
from subscribers.transfer.identity import fresh_ids, public_ids_for, rising_ids
from subscribers.transfer.own_export import OwnExportFields
from subscribers.transfer.plain_rows import PlainRows
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
_AGREED = tuple(
    itemgetter(ImportRow._fields.index(name)) for name in ("signed_up_at", "confirmed_at")
)
_STATUS, _EXPORTED = map(itemgetter, map(ImportRow._fields.index, ("status", "exported")))


class PlainPeople(NamedTuple):
    """People of whose consent the operator's statement is all that is known, by columns."""

    columns: dict[str, Sequence[Any]]
    same: dict[str, Any]
    """What is the same for all of them."""


def plain_people(
    options: ImportOptions, people: Collection[ImportRow], hashes: dict[str, str]
) -> PlainPeople | None:
    """Return people as they are stored if they are new; None if more is known of one of them.

    It asks nothing of the database, so that nobody has to wait for it.
    """
    says_more = any(any(map(agreed, people)) for agreed in _AGREED)
    statuses = set(map(_STATUS, people))
    if says_more or any(map(_EXPORTED, people)) or not statuses <= options.statuses.keys():
        return None
    if not statuses.isdisjoint(_WITHDREW):
        return None
    return PlainPeople(*_columns(options, people, hashes, fresh_ids(len(people))))


def people_of_plain_rows(
    options: ImportOptions, rows: PlainRows, hashes: list[str]
) -> PlainPeople | None:
    """Return what `plain_people` does, of rows by columns; `hashes` are those of their keys."""
    status = options.statuses.get(rows.status)
    if status is None or rows.status in _WITHDREW:
        return None
    columns: dict[str, Sequence[Any]] = {
        "email": rows.emails,
        "email_key": rows.keys,
        "address_hash": hashes,
        "first_name": rows.names,
        "public_id": rising_ids(len(rows)),
    }
    same = {"import_run": options.run, "status": status, "link_epoch": 0, **_beside(options)}
    return PlainPeople(columns, same)


def add_plain_people(
    session: Session, options: ImportOptions, people: PlainPeople, report: ImportReport
) -> None:
    """Insert people of whom nobody is on the list, and count them.

    Raises AddressTakenError (`subscribers.transfer.bulk_insert`) if somebody is; then nothing is
    counted.
    """
    bulk_insert.add_people_alike(session, *people, _statement(options))
    report.added += len(people.columns["email_key"])


def insert_new_people(
    session: Session,
    options: ImportOptions,
    new: list[ImportRow],
    hashes: dict[str, str],
    report: ImportReport,
) -> dict[str, int]:
    """Insert people who are new; count them, and return the numbers of exported ones by key."""
    people = [one for one in new if one.status is not ImportedStatus.SUPPRESSED]
    report.departed += len(new) - len(people)
    if not people:
        return {}
    if plain := plain_people(options, people, hashes):
        added = bulk_insert.insert_people_alike(session, *plain, _statement(options))
        report.already += len(people) - added  # somebody else added them in this moment
        count_new(people[:added], report)
        return {}
    columns, same = _columns(options, people, hashes, public_ids_for(session, people))
    numbers = bulk_insert.insert_people(session, columns, same)
    if len(numbers) < len(people):  # as above
        report.already += len(people) - len(numbers)
        people = [one for one in people if one.key in numbers]
    if people:
        _insert_consents(session, options, people, numbers)
    exported = [(numbers[one.key], hashes[one.key], one.exported) for one in people if one.exported]
    _restore_choices(session, exported)
    count_new(people, report)
    return numbers


def _statement(options: ImportOptions) -> tuple[Any, ...]:
    """Return the operator's statement as `bulk_insert.CONSENT` names it after the id."""
    consent = (_IMPORTED, options.wording, options.source, "", "", "")
    return (*consent, options.spell(options.consent_at))


def count_new(new: list[ImportRow], report: ImportReport) -> None:
    """Count people who are new: added, or departed if they must not be mailed."""
    departed = sum(map(SUPPRESSION_REASONS.__contains__, map(_STATUS, new)))
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


def _columns(
    options: ImportOptions,
    people: Collection[ImportRow],
    hashes: dict[str, str],
    ids: Iterable[tuple[int, int]],
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
    same: dict[str, Any] = {"import_run": options.run}
    rest: dict[str, Sequence[Any]] = {
        "status": list(map(options.statuses.__getitem__, statuses)),
        "link_epoch": epochs,
    }
    if any(map(_EXPORTED, people)):
        rest |= _exported(options, people)
    else:
        same |= _beside(options)
    for name, values in rest.items():
        if len(set(values)) == 1:
            same[name] = values[0]
        else:
            columns[name] = values
    return columns, same


def _beside(options: ImportOptions) -> dict[str, Any]:
    """Return what is the same for all where it is no export of ours."""
    now = options.spell(options.now)
    return {"source": options.source, "tracking": True, "created_at": now, "changed_at": now}


def _exported(options: ImportOptions, people: Iterable[ImportRow]) -> dict[str, Sequence[Any]]:
    now = options.spell(options.now)
    rows = [
        (
            exported.source,
            exported.tracking,
            options.spell(exported.created_at) if exported.created_at else now,
            options.spell(exported.changed_at) if exported.changed_at else now,
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
) -> None:
    consents = [
        (*row[:-1], options.spell(row[-1]))
        for one in people
        for row in _consent_rows(options, one, numbers[one.key])
    ]
    bulk_insert.insert_consents(session, consents)


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
