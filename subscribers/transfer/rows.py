"""Parses the cells of a row into a person: address, name, status and dated consents."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from subscribers.addresses import AddressError, parse_address
from subscribers.service import MAX_SOURCE_LENGTH, clean_name
from subscribers.tables import SuppressionReason
from subscribers.transfer.cells.address_cells import extract_address, is_plain_name, read_name
from subscribers.transfer.cells.dates import (
    EMPTY_WORDS,
    DateOrder,
    is_empty,
    order_of,
    read_date,
    read_plain_date,
)
from subscribers.transfer.cells.formulas import unescape_all_formulas, unescape_formula
from subscribers.transfer.csv_file import CsvRow
from subscribers.transfer.formats.column_meaning import normalize_column
from subscribers.transfer.formats.column_names import ColumnRole
from subscribers.transfer.formats.detect import NO_CHOICES, ColumnChoices, read_layout
from subscribers.transfer.formats.file_names import check_file_name, status_by_file_name
from subscribers.transfer.formats.known_exports import OWN_EXPORT
from subscribers.transfer.formats.statuses import (
    OFF_LIST,
    REFUSED_STATUS_WORDS,
    SUPPRESSION_REASONS,
    ImportedStatus,
    read_status,
)
from subscribers.transfer.formats.withdrawals import (
    CellStatus,
    RowRefusedError,
    RowStatus,
    read_cell_status,
    resolve_status,
)
from subscribers.transfer.own_export import (
    OwnExportFields,
    read_fingerprints,
    read_hash,
    read_own_fields,
    stored,
)

if TYPE_CHECKING:
    from subscribers.transfer.formats.import_format import ImportFormat

_IP = re.compile(r"[0-9a-fA-F:.]{2,45}")
_DATES = (ColumnRole.SIGNED_UP_AT, ColumnRole.CONFIRMED_AT)
_ADDRESS = re.compile(r"[^\s@,;<>()\"]{1,64}@[^\s@,;<>()\"]{1,255}\.[^\s@,;<>()\"]{2,}")
_SWALLOWED = re.compile(r"[\r\n].*[,;\t|]|[,;\t|].*[\r\n]", re.DOTALL)
_SIGNS_KEPT = 1_000
"""Different words for a status of which it is remembered what they say."""
_SIMPLE = (ColumnRole.EMAIL, ColumnRole.NAME)


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
    cells: Sequence[str] = ()
    """The row as it stands, of an export of ours: what it says of an id may have to be refused."""

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


NOTHING_ELSE = tuple(ImportRow._field_defaults.values())[2:]
"""What a row holds beyond its address, name and status where the file says no more."""
_made = tuple.__new__  # as quick as can be: imports make millions


class RowParser:
    """Parses rows by the columns of `header`; Mailchimp tells a status by the file's name."""

    def __init__(
        self,
        header: Sequence[str],
        file_name: str,
        now: datetime,
        choices: ColumnChoices = NO_CHOICES,
        order: DateOrder | None = None,
    ) -> None:
        """Raises UnclearColumnError (`subscribers.transfer.formats.detect`)."""
        layout = read_layout(header, choices)
        self.import_format: ImportFormat = layout.format
        self.reads_hashes = self.import_format.name == OWN_EXPORT
        """Whether a row without an address may name somebody: an export of ours."""
        self.unreadable_dates = 0
        """Dates that could not be read, or lie in the future; their rows are imported without."""
        self.no_names = 0
        """Cells for a name that held none."""
        self.secrets: set[str] = set()
        """Fingerprints of the secrets that an export of ours was made with."""
        self.erased = 0
        """People of whom nothing but a hash is known."""
        self.unused = layout.unused
        self.order = order
        self._now = now
        self._email = layout.single[ColumnRole.EMAIL]
        self._name = layout.single.get(ColumnRole.NAME)
        self._other = {role: at for role, at in layout.single.items() if role not in _SIMPLE}
        self._withdrawals = layout.withdrawals
        self._signs: dict[tuple[str, str], CellStatus] = {}
        self._header = header
        names = frozenset(map(normalize_column, header))
        self._default, self._why_not = status_by_file_name(self.import_format, file_name, names)
        roles = {role for role, _ in layout.withdrawals}
        told = bool(roles) and not (self.import_format.of_account and ColumnRole.STATUS in roles)
        if not told and not self._default and not self.reads_hashes and not self._why_not:
            check_file_name(self.import_format, file_name)
        self.default_status = self._default
        usual = self.import_format.default_with
        self._is_partial = bool(usual) and usual.isdisjoint(names)

    @property
    def plain_places(self) -> tuple[int, int | None] | None:
        """Return the columns of address and name where rows say no more; else None."""
        if self.reads_hashes or self._why_not or self._other or self._withdrawals:
            return None
        return self._email, self._name

    @property
    def reads_dates(self) -> bool:
        """Return whether the file has to be asked how it writes dates."""
        return self.order is None and not self.reads_hashes and bool(self._date_places)

    @property
    def _date_places(self) -> list[int]:
        places = [self._other[role] for role in _DATES if role in self._other]
        return places + [place for _, place in self._withdrawals]

    def doubtful_date(self, rows: Iterable[CsvRow]) -> str:
        """Find out from the first rows how the file writes dates; return one that can't be told."""
        if not self.reads_dates:
            return ""
        places = self._date_places
        texts = (
            cells[place].strip()
            for _, _, cells, _ in rows
            for place in places
            if place < len(cells)
        )
        self.order, doubtful = order_of(texts)
        return doubtful

    def read(self, line: int, cells: list[str]) -> ImportRow:
        """Raises AddressError or RowRefusedError."""
        text = cells[self._email] if self._email < len(cells) else ""
        if text[:1] == "'":
            text = unescape_formula(text)
        if self.reads_hashes:
            return self._own(line, text, cells)
        beside = ""
        try:
            email, key = parse_address(text)
        except AddressError:
            if "@" not in text and "%40" not in text:
                raise  # whatever stands around it, there is no address in it
            (email, key), beside = extract_address(text)
        place = self._name
        name = cells[place] if place is not None and place < len(cells) else ""
        if name and not is_plain_name(name):
            name = self._read_name(name, email)
        if beside and not name:
            name = read_name(beside, email)
        if self._why_not:
            raise RowRefusedError(email, self._why_not)
        if not self._other and not self._withdrawals:
            return _made(ImportRow, (line, email, key, name, self._default, *NOTHING_ELSE))
        signed_up_at = self._date(cells, ColumnRole.SIGNED_UP_AT)
        confirmed_at = self._date(cells, ColumnRole.CONFIRMED_AT)
        said = self._verdict(cells, signed_up_at, confirmed_at) if self._withdrawals else _NOTHING
        # In the order of the fields: by name it takes twice as long.
        return ImportRow(
            line,
            email,
            key,
            name,
            self._status_of(said),
            signed_up_at or said.signed_up_at,
            self._ip(cells, ColumnRole.SIGNED_UP_IP),
            stored(self._text(cells, ColumnRole.SOURCE), MAX_SOURCE_LENGTH),
            confirmed_at,
            self._ip(cells, ColumnRole.CONFIRMED_IP),
            said.left_at,
        )

    def _status_of(self, said: RowStatus) -> ImportedStatus | None:
        """Return the row's status; a sign-up says little where nothing could say that they left."""
        if self._is_partial and said.status is ImportedStatus.ACTIVE:
            return None
        return said.status or self._default

    def _own(self, line: int, text: str, cells: list[str]) -> ImportRow:
        """Read a row of our own export."""
        many = len(cells)
        other = {
            role: unescape_all_formulas(cell)
            for role, place in self._other.items()
            if place < many and (cell := cells[place].strip())
        }
        if ColumnRole.FINGERPRINTS in other:
            self.secrets.update(read_fingerprints(other))
        status = self._own_status(other.get(ColumnRole.STATUS))
        if status is ImportedStatus.ERASED and not text:
            self.erased += 1
            return ImportRow(
                line,
                "",
                "",
                status=status,
                left_at=read_date(other.get(ColumnRole.SUPPRESSED_AT, "")),
                address_hash=read_hash(other),
            )
        if status is ImportedStatus.ERASED:
            raise RowRefusedError("status erased", "an erased person has no address")
        parsed, _ = extract_address(text)
        place = self._name
        name = (
            clean_name(unescape_all_formulas(cells[place]))
            if place is not None and place < many
            else ""
        )
        exported = read_own_fields(other)
        return ImportRow(
            line,
            parsed.email,
            parsed.key,
            name,
            status,
            left_at=exported.left_at,
            exported=exported,
            cells=cells,
        )

    def _own_status(self, word: str | None) -> ImportedStatus | None:
        if word is None:
            return None
        status = read_status(word, self.import_format.status_words)
        if status is None:
            known = REFUSED_STATUS_WORDS.get(normalize_column(word), "unknown status")
            raise RowRefusedError(f"status {word[:60]}", known)
        return status

    def _read_name(self, text: str, email: str) -> str:
        if ("\n" in text or "\r" in text) and _SWALLOWED.search(text):
            raise RowRefusedError(text[:60], "a name over several lines: is a quote missing?")
        name = read_name(unescape_formula(text), email)
        within = _ADDRESS.search(name)
        foreign = within and within[0].lower() != email.lower()
        if foreign or (not name and "@" in text and text.strip().lower() != email.lower()):
            raise RowRefusedError(text[:60], "another address where the name should be")
        self.no_names += not name and not text.isspace()
        return name

    def _text(self, cells: list[str], role: str) -> str:
        """Return the text of the column with a role; empty where there is none."""
        place = self._other.get(role)
        if place is None or place >= len(cells) or not (text := cells[place].strip()):
            return ""
        if text.lower() in EMPTY_WORDS:
            return ""
        return unescape_formula(text) if text[0] == "'" else text

    def _ip(self, cells: list[str], role: str) -> str:
        place = self._other.get(role)
        text = cells[place].strip() if place is not None and place < len(cells) else ""
        return text if text and _IP.fullmatch(text) else ""

    def _date(self, cells: list[str], role: str) -> datetime | None:
        place = self._other.get(role)
        if place is None or place >= len(cells) or not (text := cells[place]):
            return None
        moment = read_plain_date(text)
        if moment is None:
            text = self._text(cells, role)
            if not text or is_empty(text):
                return None
            moment = read_date(text, self.order)
        if moment is None or moment > self._now:
            self.unreadable_dates += 1
            return None
        return moment

    def _verdict(
        self, cells: list[str], signed_up_at: datetime | None, confirmed_at: datetime | None
    ) -> RowStatus:
        """Return what the columns say together that tell whether somebody may be mailed."""
        signs = [
            sign
            for role, place in self._withdrawals
            if place < len(cells)
            and (text := cells[place].strip())
            and (sign := self._sign(role, text, place)) is not None
        ]
        if not signs:
            return _NOTHING
        if len(signs) == 1 and not signs[0].dated:  # nothing to weigh it against
            return RowStatus(signs[0].status)
        agreed_at = max((at for at in (signed_up_at, confirmed_at) if at), default=None)
        return resolve_status(signs, agreed_at, status_decides=self.import_format.status_decides)

    def _sign(self, role: str, text: str, place: int) -> CellStatus | None:
        """Return what a cell says; None if it says that it is empty. Raises RowRefusedError."""
        known = self._signs.get((role, text))
        if known is not None:
            return known
        bare = unescape_formula(text)
        if not bare or is_empty(bare):
            return None
        try:
            sign = read_cell_status(role, bare, self.import_format.status_words, self.order)
        except RowRefusedError as error:
            column = " ".join(self._header[place].split())[:40]
            raise RowRefusedError(error.found, f"{error.why}, in column {column}") from None
        if sign.at is not None and sign.at > self._now:
            self.unreadable_dates += 1
            return CellStatus(sign.status, None, dated=True)
        if not sign.dated and len(self._signs) < _SIGNS_KEPT:
            self._signs[role, text] = sign
        return sign


_NOTHING = RowStatus(None)


__all__ = [
    "OFF_LIST",
    "AddressError",
    "ImportRow",
    "OwnExportFields",
    "RowParser",
    "RowRefusedError",
]
