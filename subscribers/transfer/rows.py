"""Parses the cells of a row into a person: address, name, status and dated consents."""

import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from store.errors import DigestError
from subscribers.addresses import AddressError, parse_address
from subscribers.consent import ConsentKind
from subscribers.service import MAX_SOURCE_LENGTH, clean_name
from subscribers.tables import SuppressionReason
from subscribers.transfer.csv_file import unescape_formula
from subscribers.transfer.formats import (
    OFF_LIST,
    OWN_EXPORT,
    REFUSED_STATUS_WORDS,
    STATUS_WORDS,
    SUPPRESSION_REASONS,
    ColumnRole,
    ImportedStatus,
    ImportFormat,
    column_positions,
    detect_format,
)

_TRUE, _FALSE = frozenset({"true", "1", "yes", "t"}), frozenset({"false", "0", "no", "f"})
_IP = re.compile(r"[0-9a-fA-F:.]{2,45}")
_HASH = re.compile(r"[0-9a-f]{64}")
_EXPECTED_STATUS = "expected active, pending, unsubscribed, bounced or complained"
Cell = Callable[[Sequence[str]], str]


class RowRefusedError(DigestError, ValueError):
    """Why a row is not taken: `found` is shown quoted, `why` says what was expected."""

    def __init__(self, found: str, why: str) -> None:
        self.found, self.why = found, why
        super().__init__(f"found {found!r}, {why}")


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


class ImportRow(NamedTuple):
    """One person; `status` is None where the file says none, `key` empty if they were erased."""

    line: int
    email: str
    key: str
    first_name: str = ""
    status: ImportedStatus | None = None
    signed_up_at: datetime | None = None
    signed_up_ip: str = ""
    signed_up_from: str = ""
    confirmed_at: datetime | None = None
    confirmed_ip: str = ""
    left_at: datetime | None = None
    address_hash: str = ""
    exported: OwnExportFields | None = None

    @property
    def reason(self) -> SuppressionReason | None:
        """Return why they must not be mailed; None if nothing says so."""
        if self.exported and self.exported.reason:
            return self.exported.reason
        return SUPPRESSION_REASONS.get(self.status) if self.status else None

    @property
    def agreed_at(self) -> datetime | None:
        """Return when they last agreed by themselves, as far as the file says."""
        return max((at for at in (self.signed_up_at, self.confirmed_at) if at), default=None)


class RowParser:
    """Parses rows by the columns `names`; a Mailchimp file's name tells the status of its rows."""

    def __init__(self, names: Sequence[str], file_name: str, now: datetime) -> None:
        self.import_format: ImportFormat = detect_format(names)
        self.unreadable_dates = 0
        """Dates that could not be read, or lie in the future; their rows are imported without."""
        self._now = now
        there = column_positions(self.import_format, names)
        self._email = there[ColumnRole.EMAIL] if ColumnRole.EMAIL in there else names.index("email")
        self._name = there.get(ColumnRole.NAME)
        self._other = {role: at for role, at in there.items() if role not in _SIMPLE}
        self._default, self._why_not = _by_file_name(self.import_format, file_name)
        self._ours = self.import_format.name == OWN_EXPORT
        self._flags = ColumnRole.SUBSCRIBED in there or ColumnRole.DISABLED in there
        used = {*there.values(), self._email}
        self.unused = [place for place in range(len(names)) if place not in used]

    def read(self, line: int, cells: list[str]) -> ImportRow:
        """Raises AddressError or RowRefusedError."""
        text = cells[self._email] if self._email < len(cells) else ""
        if text[:1] == "'":
            text = unescape_formula(text)
        other = self._texts(cells) if self._other else {}
        if self._ours and not text and other.get(ColumnRole.STATUS) == ImportedStatus.ERASED:
            return _erased(line, other)
        parsed = parse_address(text)
        place = self._name
        name = (
            clean_name(unescape_formula(cells[place]))
            if place is not None and place < len(cells)
            else ""
        )
        if self._why_not:
            raise RowRefusedError(parsed.email, self._why_not)
        if not other:
            return ImportRow(line, parsed.email, parsed.key, name, self._default)
        status = self._status_of(other)
        left_at = self._left_at(other, status) if status in OFF_LIST else None
        ours = self._ours
        return ImportRow(
            line,
            parsed.email,
            parsed.key,
            name,
            status,
            signed_up_at=self._moment(other, ColumnRole.SIGNED_UP_AT),
            signed_up_ip=_ip(other.get(ColumnRole.SIGNED_UP_IP, "")),
            signed_up_from="" if ours else _source(other),
            confirmed_at=self._moment(other, ColumnRole.CONFIRMED_AT),
            confirmed_ip=_ip(other.get(ColumnRole.CONFIRMED_IP, "")),
            left_at=left_at,
            exported=self._exported(other) if ours else None,
        )

    def _texts(self, cells: list[str]) -> dict[str, str]:
        """Return the text of the other columns by role; empty cells are left out."""
        many = len(cells)
        return {
            role: unescape_formula(text) if text[0] == "'" else text
            for role, place in self._other.items()
            if place < many and (text := cells[place].strip())
        }

    def _status_of(self, other: dict[str, str]) -> ImportedStatus | None:
        status = self._default
        word = other.get(ColumnRole.STATUS)
        if word is not None:
            status = _word(word)
            if self.import_format.default is None and self.import_format.name != "plain":
                return status  # this tool keeps the day they left also of who came back
        if self._flags and (
            _flag(other, ColumnRole.SUBSCRIBED) is False or _flag(other, ColumnRole.DISABLED)
        ):
            status = ImportedStatus.UNSUBSCRIBED
        if status in OFF_LIST:
            return status
        if ColumnRole.BOUNCED_AT in other:
            return ImportedStatus.BOUNCED
        if ColumnRole.LEFT_AT in other:
            why = other.get(ColumnRole.LEFT_WHY, "").casefold()
            return ImportedStatus.COMPLAINED if "abuse" in why else ImportedStatus.UNSUBSCRIBED
        return status

    def _left_at(self, other: dict[str, str], status: ImportedStatus | None) -> datetime | None:
        if status is ImportedStatus.BOUNCED and ColumnRole.BOUNCED_AT in other:
            return self._moment(other, ColumnRole.BOUNCED_AT)
        return self._moment(other, ColumnRole.LEFT_AT)

    def _moment(self, other: dict[str, str], role: str) -> datetime | None:
        text = other.get(role)
        if text is None:
            return None
        moment = _moment(text)
        if moment is None or (moment > self._now and not self._ours):
            self.unreadable_dates += 1
            return None
        return moment

    def _exported(self, other: dict[str, str]) -> OwnExportFields:
        reason = other.get(ColumnRole.SUPPRESSION)
        if reason is not None and reason not in list(SuppressionReason):
            raise RowRefusedError(reason, f"expected one of {', '.join(SuppressionReason)}")
        return OwnExportFields(
            source=_source(other),
            tracking=_flag(other, ColumnRole.TRACKING) is not False,
            created_at=self._moment(other, ColumnRole.CREATED_AT),
            changed_at=self._moment(other, ColumnRole.CHANGED_AT),
            consents=_consents(other.get(ColumnRole.CONSENTS, "")),
            reason=SuppressionReason(reason) if reason else None,
            suppressed_at=self._moment(other, ColumnRole.SUPPRESSED_AT),
            note=_stored(other.get(ColumnRole.NOTE, ""), 500),
        )


_SIMPLE = (ColumnRole.EMAIL, ColumnRole.NAME)


def _by_file_name(import_format: ImportFormat, file_name: str) -> tuple[ImportedStatus | None, str]:
    """Return the default status, or why rows are refused: Mailchimp tells it by the file's name."""
    if import_format.name == "Mailchimp":
        begins = file_name.casefold()
        if begins.startswith("nonsubscribed"):
            return None, f"the file's name says that they {REFUSED_STATUS_WORDS['nonsubscribed']}"
        if begins.startswith("unsubscribed"):
            return ImportedStatus.UNSUBSCRIBED, ""
        if begins.startswith("cleaned"):
            return ImportedStatus.BOUNCED, ""
    return import_format.default, ""


def _erased(line: int, other: dict[str, str]) -> ImportRow:
    address_hash = other.get(ColumnRole.HASH, "")
    if not _HASH.fullmatch(address_hash):
        raise RowRefusedError(address_hash, "expected the 64 hexadecimal digits of a hash")
    return ImportRow(
        line,
        "",
        "",
        status=ImportedStatus.ERASED,
        left_at=_moment(other.get(ColumnRole.SUPPRESSED_AT, "")),
        address_hash=address_hash,
    )


def _word(text: str) -> ImportedStatus:
    word = re.sub(r"[\s-]+", "_", text.casefold())
    status = STATUS_WORDS.get(word)
    if status is None or status is ImportedStatus.ERASED:
        known = REFUSED_STATUS_WORDS.get(word)
        why = f"{known}; {_EXPECTED_STATUS}" if known else _EXPECTED_STATUS
        raise RowRefusedError(f"status {text[:60]}", why)
    return status


def _flag(other: dict[str, str], role: str) -> bool | None:
    text = other.get(role)
    if text is None:
        return None
    word = text.casefold()
    if word not in _TRUE and word not in _FALSE:
        raise RowRefusedError(text[:60], f"expected true or false ({role})")
    return word in _TRUE


def _source(other: dict[str, str]) -> str:
    return _stored(other.get(ColumnRole.SOURCE, ""), MAX_SOURCE_LENGTH)


def _ip(text: str) -> str:
    return text if _IP.fullmatch(text) else ""


def _stored(text: str, longest: int | None = None) -> str:
    """Return `text` as both databases accept it: no NUL, no half of a surrogate pair."""
    if text.isascii() and "\0" not in text:
        return text[:longest]
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:longest]


def _moment(text: str) -> datetime | None:
    """Parse ISO 8601 as the tools write it; without a zone it is UTC. None for anything else."""
    try:
        moment = datetime.fromisoformat(text.removesuffix(" UTC"))
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _consents(text: str) -> list[dict[str, Any]]:
    """Parse consent records as our own export lists them. Raises RowRefusedError."""
    try:
        consents = [_consent(one) for one in json.loads(text or "[]")]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise RowRefusedError(text[:60], "expected consents as an export lists them") from None
    return consents


def _consent(one: dict[str, Any]) -> dict[str, Any]:
    moment = _moment(one["at"])
    if moment is None:
        raise ValueError(one["at"])
    return {
        "kind": ConsentKind(one["kind"]).value,
        "wording": _stored(one["wording"]),
        "source": _stored(one["source"], MAX_SOURCE_LENGTH),
        "ip": _stored(one["ip"], 45),
        "user_agent": _stored(one["user_agent"], 500),
        "at": moment,
    }


__all__ = ["AddressError", "ImportRow", "OwnExportFields", "RowParser", "RowRefusedError"]
