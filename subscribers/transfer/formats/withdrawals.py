"""Reads the cells that say whether somebody may be mailed, and decides which one counts.

The most severe sign of a row counts. Dates are compared within the row: whoever agreed after the
day on which they left has come back.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from store.errors import DigestError
from subscribers.transfer.cells.dates import DateOrder, is_ambiguous, read_date
from subscribers.transfer.formats.column_meaning import normalize_column
from subscribers.transfer.formats.column_names import ColumnRole
from subscribers.transfer.formats.statuses import (
    REFUSED_STATUS_WORDS,
    SEVERITY,
    ImportedStatus,
    read_status,
)

_TRUE_TEXT = """
    1 j ja o on oui s si sí t true verdadero vrai wahr x y yes ☑ ✓ ✔
"""
TRUE = frozenset(_TRUE_TEXT.split())
_FALSE_TEXT = """
    0 f falsch false falso faux n nein no non off ☐ ✗ ✘
"""
FALSE = frozenset(_FALSE_TEXT.split())
_EXPECTED_STATUS = "expected active, pending, unsubscribed, bounced or complained"
_STATUS_OF = {
    ColumnRole.LEFT: ImportedStatus.UNSUBSCRIBED,
    ColumnRole.LEFT_WHY: ImportedStatus.UNSUBSCRIBED,
    ColumnRole.BOUNCED: ImportedStatus.BOUNCED,
    ColumnRole.BOUNCED_WHY: ImportedStatus.BOUNCED,
    ColumnRole.COMPLAINED: ImportedStatus.COMPLAINED,
}
_REASONS = (
    ("abuse", ImportedStatus.COMPLAINED),
    ("spam", ImportedStatus.COMPLAINED),
    ("complain", ImportedStatus.COMPLAINED),
    ("bounce", ImportedStatus.BOUNCED),
)
_SHORTEST_DATE = 8
_HARD_BOUNCE = re.compile(r"5\.\d{1,3}\.\d{1,3}")
"""A status of RFC 3463, as lists of bounces have it."""


class RowRefusedError(DigestError, ValueError):
    """Why a row is not taken: `found` is shown quoted, `why` says what was expected."""

    def __init__(self, found: str, why: str) -> None:
        self.found, self.why = found, why
        super().__init__(f"found {found!r}, {why}")


class CellStatus(NamedTuple):
    """What one cell says: a status, and since when; `dated` if all that it says is a day."""

    status: ImportedStatus | None
    at: datetime | None = None
    dated: bool = False
    from_status_column: bool = False
    """From a column of statuses."""


class RowStatus(NamedTuple):
    """What a row says: its status (None if nothing does), when they left, when they signed up."""

    status: ImportedStatus | None
    left_at: datetime | None = None
    signed_up_at: datetime | None = None


def read_cell_status(
    role: str, text: str, own_words: Mapping[str, ImportedStatus], order: DateOrder | None
) -> CellStatus:
    """Return what a cell that is not empty says. Raises RowRefusedError."""
    if role == ColumnRole.STATUS:
        return CellStatus(_status(text, own_words), from_status_column=True)
    word = text.lower()
    departed = _STATUS_OF.get(role)
    if word in TRUE:
        return CellStatus(departed or ImportedStatus.ACTIVE)
    if word in FALSE:
        return CellStatus(None if departed else ImportedStatus.UNSUBSCRIBED)
    if len(text) >= _SHORTEST_DATE or not text.isdecimal():
        moment = read_date(text, order)
        if moment is not None or is_ambiguous(text):
            return CellStatus(departed or ImportedStatus.ACTIVE, moment, dated=True)
    elif departed:
        return CellStatus(departed)  # so many bounces
    return _from_words(role, text, departed, own_words, order)


def resolve_status(
    signs: Iterable[CellStatus], agreed_at: datetime | None, *, status_decides: bool
) -> RowStatus:
    """Return what the signs of one row say together."""
    signs = list(signs)
    stated = [one.status for one in signs if one.from_status_column and one.status]
    signed_up_at = max(
        (one.at for one in signs if one.dated and one.at and one.status is ImportedStatus.ACTIVE),
        default=None,
    )
    agreed_at = max((at for at in (agreed_at, signed_up_at) if at), default=None)
    departures = [one for one in signs if one.status in SEVERITY]
    status_column_allows = not any(one in SEVERITY for one in stated)
    if status_column_allows:
        departures = [
            one
            for one in departures
            if not one.dated
            or not (
                (status_decides and stated)
                or (one.at is not None and agreed_at is not None and agreed_at > one.at)
            )
        ]
    if departures:
        gravest = min(departures, key=lambda one: SEVERITY.index(one.status or SEVERITY[0])).status
        times = [one.at for one in departures if one.at]
        own = [one.at for one in departures if one.at and one.status is gravest]
        return RowStatus(gravest, max(own or times, default=None), signed_up_at)
    said = stated or [one.status for one in signs if one.status and one.status not in SEVERITY]
    if ImportedStatus.PENDING in said:
        return RowStatus(ImportedStatus.PENDING, None, signed_up_at)
    return RowStatus(said[0] if said else None, None, signed_up_at)


def read_flag(text: str | None, what: str) -> bool | None:
    """Return what a yes or no says; None for nothing. Raises RowRefusedError."""
    if text is None:
        return None
    word = text.lower()
    if word not in TRUE and word not in FALSE:
        raise RowRefusedError(text[:60], f"expected true or false ({what})")
    return word in TRUE


def _status(text: str, own_words: Mapping[str, ImportedStatus]) -> ImportedStatus:
    status = read_status(text, own_words)
    if status is None and _HARD_BOUNCE.fullmatch(text):
        status = ImportedStatus.BOUNCED
    if status is None and text.lower() in FALSE | TRUE:
        return ImportedStatus.ACTIVE if text.lower() in TRUE else ImportedStatus.UNSUBSCRIBED
    if status is None:
        known = REFUSED_STATUS_WORDS.get(normalize_column(text))
        why = f"{known}; {_EXPECTED_STATUS}" if known else _EXPECTED_STATUS
        raise RowRefusedError(f"status {text[:60]}", why)
    return status


def _from_words(
    role: str,
    text: str,
    departed: ImportedStatus | None,
    own_words: Mapping[str, ImportedStatus],
    order: DateOrder | None,
) -> CellStatus:
    """Return what a cell says that is neither yes or no nor a date. Raises RowRefusedError."""
    if role in {ColumnRole.LEFT_WHY, ColumnRole.BOUNCED_WHY}:
        word = text.lower()
        return CellStatus(next((status for part, status in _REASONS if part in word), departed))
    parts = [one.strip(" []'\"") for one in text.replace(";", ",").replace("|", ",").split(",")]
    found = [read_status(one, own_words) for one in parts if one]
    if departed is None and len(found) == 1 and found[0] is not None:
        return CellStatus(found[0])
    gravest = [one for one in SEVERITY if one in found]
    if departed and gravest:
        return CellStatus(gravest[0])
    dates = [read_date(one, order) for one in parts if one]
    if departed and dates and all(dates):  # a list of days
        return CellStatus(departed, max(at for at in dates if at), dated=True)
    if role == ColumnRole.BOUNCED and text.lower() in {"hard", "soft"}:
        return CellStatus(departed if text.lower() == "hard" else None)
    raise RowRefusedError(text[:60], f"expected yes, no or a date ({role})")
