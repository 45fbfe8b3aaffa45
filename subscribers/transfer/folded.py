"""Folds the rows of a batch: one row an address, however often the file names it."""

from collections.abc import Sequence
from operator import itemgetter
from typing import NamedTuple

from subscribers.transfer.departures import agreed_again
from subscribers.transfer.formats.statuses import ImportedStatus
from subscribers.transfer.plain_rows import People
from subscribers.transfer.rows import ImportRow

_STAYS = frozenset({None, ImportedStatus.ACTIVE, ImportedStatus.PENDING})
"""What a row says of somebody who does not leave the list by it."""
_STATUS, _EXPORTED = map(itemgetter, map(ImportRow._fields.index, ("status", "exported")))


class Folded(NamedTuple):
    """The rows of a batch, of which none names somebody whom one before it does."""

    people: dict[str, ImportRow]
    """One row an address, by its key."""
    erased: dict[str, ImportRow]
    """Those of whom nothing but a hash is known, by that."""
    leaving: dict[str, ImportRow]
    repeated: int
    """Rows whose address, or hash, stands in the batch before them."""


def fold_rows(batch: People) -> Folded:
    """Return the rows of one batch by address."""
    rows = list(batch)
    people, erased, repeated = _one_row_each(rows)
    leaving = {}
    if not _STAYS.issuperset(map(_STATUS, rows)) or any(map(_EXPORTED, rows)):
        leaving = {
            key: one for key, one in people.items() if one.status not in _STAYS or one.exported
        }
    return Folded(people, erased, leaving, repeated)


def _one_row_each(
    rows: Sequence[ImportRow],
) -> tuple[dict[str, ImportRow], dict[str, ImportRow], int]:
    """Return one row per address by its key, erased people by their hash, and how many others.

    Of two rows for one address the first counts, but a withdrawal in either one counts.
    """
    people = {one.key: one for one in rows}
    if len(people) == len(rows) and "" not in people:  # as nearly always
        return people, {}, 0
    people = {}
    erased: dict[str, ImportRow] = {}
    for one in rows:
        if one.address_hash:  # erased elsewhere
            erased[one.address_hash] = one
            continue
        first = people.setdefault(one.key, one)
        if first is one:
            continue
        if one.reason and not first.reason and not agreed_again(one.left_at, first.agreed_at):
            people[one.key] = first._replace(
                status=one.status, left_at=one.left_at, exported=one.exported or first.exported
            )
    return people, erased, len(rows) - len(people) - len(erased)
