"""Exports the list to CSV, in chunks, with all that an import needs to restore it."""

import csv
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TextIO

from sqlmodel import Session, col, select

from subscribers.public_ids import to_cell
from subscribers.tables import (
    Consent,
    Followed,
    FormerPublicId,
    Subscriber,
    Suppression,
    SuppressionRemoval,
    TopicKind,
)
from subscribers.transfer.cells.formulas import escape_all_formulas
from subscribers.transfer.formats.statuses import ImportedStatus

CHUNK = 1_000
COLUMNS = (
    "email",
    "first_name",
    "status",
    "source",
    "created_at",
    "changed_at",
    "tracking",
    "consents",
    "suppression",
    "suppressed_at",
    "suppression_note",
    "address_hash",
    "public_id",
    "frequency",
    "time_zone",
    "paused_until",
    "categories",
    "tools",
    "lifts",
    "former_ids",
    "secret",
)
_NO_CHOICES = ("",) * 8
"""What the last cells are for an address that is not on the list."""


def export_csv(session: Session, rows: TextIO, fingerprints: Sequence[str] = ()) -> int:
    """Write every subscriber, oldest first; return how many. Open `rows` with newline="".

    `fingerprints` name the secrets of the links and hashes, so that an import into a store with
    other secrets can say what will not work there.

    Suppressed addresses that are not on the list follow, as `suppressed`, or as `erased` where
    only their keyed hash is left. Cells that a spreadsheet would run as a formula get an
    apostrophe, which an import removes.
    """
    writer = csv.writer(rows)
    writer.writerow(COLUMNS)
    secret = " ".join(fingerprints)
    count, last = 0, 0
    while people := _people(session, last):
        last = people[-1][0].id or 0
        consents = _consents(session, [one.id or 0 for one, _ in people])
        topics = _topics(session, people[0][0].id or 0, last)
        lifts = _lifts(session, [one.address_hash for one, _ in people])
        former = _former_ids(session, people[0][0].id or 0, last)
        for one, block in people:
            number = one.id or 0
            chosen = _chosen(one, topics.get(number, {}), lifts.get(one.address_hash, []))
            links = (" ".join(former.get(number, [])), secret)
            cells = (*_cells(one, block, consents.get(number, [])), *chosen, *links)
            writer.writerow(map(escape_all_formulas, cells))
        count += len(people)
        session.expunge_all()
    _write_suppressed(session, writer, secret)
    return count


def _people(session: Session, after: int) -> Sequence[tuple[Subscriber, Suppression | None]]:
    return session.exec(
        select(Subscriber, Suppression)
        .join(
            Suppression,
            col(Suppression.address_hash) == col(Subscriber.address_hash),
            isouter=True,
        )
        .where(col(Subscriber.id) > after)
        .order_by(col(Subscriber.id))
        .limit(CHUNK)
    ).all()


def _consents(session: Session, ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    statement = select(Consent).where(
        col(Consent.subscriber_id) >= ids[0], col(Consent.subscriber_id) <= ids[-1]
    )
    for one in session.exec(statement.order_by(col(Consent.id))):
        found.setdefault(one.subscriber_id, []).append(
            {
                "kind": one.kind,
                "wording": one.wording,
                "source": one.source,
                "ip": one.ip,
                "user_agent": one.user_agent,
                "form": one.form,
                "at": _time(one.at),
            }
        )
    return found


def _topics(session: Session, first: int, last: int) -> dict[int, dict[str, list[str]]]:
    """Return what each subscriber in the range of numbers follows, by topic."""
    found: dict[int, dict[str, list[str]]] = {}
    statement = select(Followed).where(
        col(Followed.subscriber_id) >= first, col(Followed.subscriber_id) <= last
    )
    for one in session.exec(statement.order_by(col(Followed.name))):
        found.setdefault(one.subscriber_id, {}).setdefault(one.topic, []).append(one.name)
    return found


def _former_ids(session: Session, first: int, last: int) -> dict[int, list[str]]:
    """Return the other ids that links call each subscriber in the range of numbers."""
    found: dict[int, list[str]] = {}
    statement = select(FormerPublicId).where(
        col(FormerPublicId.subscriber_id) >= first, col(FormerPublicId.subscriber_id) <= last
    )
    for one in session.exec(statement.order_by(col(FormerPublicId.public_id))):
        found.setdefault(one.subscriber_id, []).append(to_cell(one.public_id, 0))
    return found


def _lifts(session: Session, hashes: list[str]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    statement = select(SuppressionRemoval).where(col(SuppressionRemoval.address_hash).in_(hashes))
    for one in session.exec(statement.order_by(col(SuppressionRemoval.id))):
        found.setdefault(one.address_hash, []).append(
            {
                "reason": one.reason,
                "note": one.note,
                "suppressed_at": _time(one.suppressed_at),
                "who": one.who,
                "why": one.why,
                "at": _time(one.at),
            }
        )
    return found


def _chosen(
    one: Subscriber, topics: dict[str, list[str]], lifts: list[dict[str, Any]]
) -> tuple[str, ...]:
    return (
        one.frequency,
        one.zone,
        _time(one.paused_until) if one.paused_until else "",
        *(_json(topics[kind]) if kind in topics else "" for kind in TopicKind),
        _json(lifts) if lifts else "",
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _cells(
    one: Subscriber, block: Suppression | None, consents: list[dict[str, Any]]
) -> tuple[str, ...]:
    return (
        one.email,
        one.first_name,
        one.status,
        one.source,
        _time(one.created_at),
        _time(one.changed_at),
        "true" if one.tracking else "false",
        _json(consents),
        *_blocked(block),
        "",
        to_cell(one.public_id, one.link_epoch),
    )


def _write_suppressed(session: Session, writer: Any, secret: str) -> None:
    """Write the suppressed addresses that are not on the list."""
    last = 0
    known = select(Subscriber.id).where(
        col(Subscriber.address_hash) == col(Suppression.address_hash)
    )
    while blocks := session.exec(
        select(Suppression)
        .where(col(Suppression.id) > last, ~known.exists())
        .order_by(col(Suppression.id))
        .limit(CHUNK)
    ).all():
        last = blocks[-1].id or 0
        for block in blocks:
            status = ImportedStatus.SUPPRESSED if block.email else ImportedStatus.ERASED
            cells = (block.email or "", "", status, "", "", "", "", "", *_blocked(block))
            address_hash = "" if block.email else block.address_hash
            writer.writerow([*map(escape_all_formulas, cells), address_hash, *_NO_CHOICES, secret])
        session.expunge_all()


def _blocked(block: Suppression | None) -> tuple[str, str, str]:
    return (block.reason, _time(block.at), block.note) if block else ("", "", "")


def _time(moment: datetime) -> str:
    return moment.isoformat()
