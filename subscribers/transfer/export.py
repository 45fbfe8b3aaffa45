"""Exports the list to CSV, in chunks, with all that an import needs to restore it."""

import csv
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TextIO

from sqlmodel import Session, col, select

from subscribers.public_ids import to_cell
from subscribers.tables import Consent, Subscriber, Suppression
from subscribers.transfer.formulas import disarm
from subscribers.transfer.statuses import ImportedStatus

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
)


def export_csv(session: Session, rows: TextIO) -> int:
    """Write every subscriber, oldest first; return how many. Open `rows` with newline="".

    Suppressed addresses that are not on the list follow, as `suppressed`, or as `erased` where
    only their keyed hash is left. Cells that a spreadsheet would run as a formula get an
    apostrophe, which an import removes.
    """
    writer = csv.writer(rows)
    writer.writerow(COLUMNS)
    count, last = 0, 0
    while people := _people(session, last):
        last = people[-1][0].id or 0
        consents = _consents(session, [one.id or 0 for one, _ in people])
        for one, block in people:
            writer.writerow(map(disarm, _cells(one, block, consents.get(one.id or 0, []))))
        count += len(people)
        session.expunge_all()
    _write_suppressed(session, writer)
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
                "at": _time(one.at),
            }
        )
    return found


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
        json.dumps(consents, ensure_ascii=False, separators=(",", ":")),
        *_blocked(block),
        "",
        to_cell(one.public_id, one.link_epoch),
    )


def _write_suppressed(session: Session, writer: Any) -> None:
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
            writer.writerow([*map(disarm, cells), "" if block.email else block.address_hash, ""])
        session.expunge_all()


def _blocked(block: Suppression | None) -> tuple[str, str, str]:
    return (block.reason, _time(block.at), block.note) if block else ("", "", "")


def _time(moment: datetime) -> str:
    return moment.isoformat()
