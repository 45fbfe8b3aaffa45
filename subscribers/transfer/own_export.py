"""Parses what only our own export says of somebody: all that is needed to restore them."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from subscribers.consent import ConsentKind
from subscribers.public_ids import from_cell
from subscribers.service import MAX_SOURCE_LENGTH
from subscribers.tables import Frequency, SuppressionReason
from subscribers.transfer.cells.dates import read_date
from subscribers.transfer.formats.column_names import ColumnRole
from subscribers.transfer.formats.withdrawals import RowRefusedError, read_flag

_HASH = re.compile(r"[0-9a-f]{64}")
_FINGERPRINT = re.compile(r"(?<!\S)(?:hashes:)?[0-9a-f]{16}(?!\S)")
_MAX_ZONE = 60
_MAX_NAME = 200


class OwnExportFields(NamedTuple):
    """What only our own export says of somebody; restored as it was."""

    source: str
    tracking: bool
    created_at: datetime | None
    changed_at: datetime | None
    consents: list[dict[str, Any]]
    reason: SuppressionReason | None
    suppressed_at: datetime | None
    note: str
    frequency: str = Frequency.EVERY.value
    zone: str = "UTC"
    paused_until: datetime | None = None
    categories: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    lifts: tuple[dict[str, Any], ...] = ()
    public_id: tuple[int, int] | None = None
    """What links call them, with its epoch; None in an export of the time before."""
    former_ids: tuple[int, ...] = ()

    @property
    def left_at(self) -> datetime | None:
        """When they left last, or were suppressed; None if nothing says so."""
        left = [one["at"] for one in self.consents if one["kind"] == ConsentKind.WITHDRAWN]
        return max((at for at in (*left, self.suppressed_at) if at), default=None)


def read_own_fields(other: Mapping[str, str]) -> OwnExportFields:
    """Parse the cells of one row by role. Raises RowRefusedError."""
    reason = other.get(ColumnRole.SUPPRESSION)
    if reason is not None and reason not in list(SuppressionReason):
        raise RowRefusedError(reason, f"expected one of {', '.join(SuppressionReason)}")
    frequency = other.get(ColumnRole.FREQUENCY, Frequency.EVERY.value)
    if frequency not in list(Frequency):
        raise RowRefusedError(frequency, f"expected one of {', '.join(Frequency)}")
    return OwnExportFields(
        source=stored(other.get(ColumnRole.SOURCE, ""), MAX_SOURCE_LENGTH),
        tracking=read_flag(other.get(ColumnRole.TRACKING), ColumnRole.TRACKING) is not False,
        created_at=read_date(other.get(ColumnRole.CREATED_AT, "")),
        changed_at=read_date(other.get(ColumnRole.CHANGED_AT, "")),
        consents=_records(other.get(ColumnRole.CONSENTS, ""), "consents", _consent),
        reason=SuppressionReason(reason) if reason else None,
        suppressed_at=read_date(other.get(ColumnRole.SUPPRESSED_AT, "")),
        note=stored(other.get(ColumnRole.NOTE, ""), 500),
        frequency=frequency,
        zone=stored(other.get(ColumnRole.ZONE, "UTC"), _MAX_ZONE),
        paused_until=read_date(other.get(ColumnRole.PAUSED, "")),
        categories=_names(other.get(ColumnRole.CATEGORIES, ""), "categories"),
        tools=_names(other.get(ColumnRole.KNOWN_EXPORTS, ""), "tools"),
        lifts=tuple(_records(other.get(ColumnRole.LIFTS, ""), "lifts", _lift)),
        public_id=_public_id(other.get(ColumnRole.PUBLIC_ID, "")),
        former_ids=tuple(
            named[0]
            for text in other.get(ColumnRole.FORMER_IDS, "").split()
            if (named := _public_id(text))
        ),
    )


def _public_id(text: str) -> tuple[int, int] | None:
    if not text:
        return None
    found = from_cell(text)
    if found is None:
        raise RowRefusedError(text[:60], "expected the 16 or 18 hexadecimal digits of a public id")
    return found


def read_fingerprints(other: Mapping[str, str]) -> list[str]:
    """Return the fingerprints of the secrets, and of the key of hashes, of the export."""
    return _FINGERPRINT.findall(other.get(ColumnRole.FINGERPRINTS, ""))


def read_hash(other: Mapping[str, str]) -> str:
    """Return the keyed hash of somebody erased. Raises RowRefusedError."""
    address_hash = other.get(ColumnRole.HASH, "")
    if not _HASH.fullmatch(address_hash):
        raise RowRefusedError(address_hash, "expected the 64 hexadecimal digits of a hash")
    return address_hash


def stored(text: str, longest: int | None = None) -> str:
    """Return `text` as both databases accept it: no NUL, no half of a surrogate pair."""
    if text.isascii() and "\0" not in text:
        return text[:longest]
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:longest]


def _records(text: str, what: str, read: Any) -> list[dict[str, Any]]:
    try:
        return [read(one) for one in json.loads(text or "[]")]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise RowRefusedError(text[:60], f"expected {what} as an export lists them") from None


def _names(text: str, what: str) -> tuple[str, ...]:
    try:
        names = json.loads(text or "[]")
        found = tuple(dict.fromkeys(stored(one, _MAX_NAME) for one in names))
    except (ValueError, TypeError, AttributeError, RecursionError):
        found = None
    if found is None or not isinstance(names, list):
        raise RowRefusedError(text[:60], f"expected {what} as an export lists them")
    return found


def _consent(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": ConsentKind(one["kind"]).value,
        "wording": stored(one["wording"]),
        "source": stored(one["source"], MAX_SOURCE_LENGTH),
        "ip": stored(one["ip"], 45),
        "user_agent": stored(one["user_agent"], 500),
        "form": stored(one.get("form", ""), 40),
        "at": _time(one["at"]),
    }


def _lift(one: dict[str, Any]) -> dict[str, Any]:
    times = {name: _time(one[name]) for name in ("suppressed_at", "at")}
    reason = SuppressionReason(one["reason"]).value
    return {name: stored(one[name], 500) for name in ("note", "who", "why")} | {
        "reason": reason,
        **times,
    }


def _time(text: str) -> datetime:
    moment = read_date(text)
    if moment is None:
        raise ValueError(text)
    return moment
