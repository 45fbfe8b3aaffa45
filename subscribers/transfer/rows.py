"""A row of a sheet as somebody who arrives: address, name, standing, and what was proven when."""

import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from store.errors import DigestError
from subscribers.addresses import AddressError, parse_address
from subscribers.consent import ConsentKind
from subscribers.service import LONGEST_SOURCE, clean_name
from subscribers.tables import SuppressionReason
from subscribers.transfer.csv_file import rearmed
from subscribers.transfer.formats import (
    LEFT,
    OURS,
    REASONS,
    REFUSED_WORDS,
    WORDS,
    Layout,
    Role,
    Standing,
    layout_of,
    places,
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


class Kept(NamedTuple):
    """What only a file of our own knows of somebody; it comes back as it was."""

    source: str
    tracking: bool
    created_at: datetime | None
    changed_at: datetime | None
    consents: list[dict[str, Any]]
    reason: SuppressionReason | None
    suppressed_at: datetime | None
    note: str


class Arrival(NamedTuple):
    """`standing` is None where the file says nothing; `key` is empty for who was erased."""

    line: int
    email: str
    key: str
    first_name: str = ""
    standing: Standing | None = None
    signed_up_at: datetime | None = None
    signed_up_ip: str = ""
    came_from: str = ""
    confirmed_at: datetime | None = None
    confirmed_ip: str = ""
    left_at: datetime | None = None
    address_hash: str = ""
    kept: Kept | None = None

    @property
    def reason(self) -> SuppressionReason | None:
        """Why they must not be mailed; None if nothing says so."""
        if self.kept and self.kept.reason:
            return self.kept.reason
        return REASONS.get(self.standing) if self.standing else None

    @property
    def agreed_at(self) -> datetime | None:
        """The last time they are known to have agreed by themselves."""
        return max((at for at in (self.signed_up_at, self.confirmed_at) if at), default=None)


class Arrivals:
    """Reads rows by the columns `names`; `file_name` may say of whom a Mailchimp file is."""

    def __init__(self, names: Sequence[str], file_name: str, now: datetime) -> None:
        self.layout: Layout = layout_of(names)
        self.undated = 0
        """Dates that could not be read, or lie ahead; their rows are taken without them."""
        self._now = now
        there = places(self.layout, names)
        self._email = there[Role.EMAIL] if Role.EMAIL in there else names.index("email")
        self._name = there.get(Role.NAME)
        self._other = {role: at for role, at in there.items() if role not in _SIMPLE}
        self._default, self._why_not = _by_file_name(self.layout, file_name)
        self._ours = self.layout.name == OURS
        self._flags = Role.SUBSCRIBED in there or Role.DISABLED in there
        used = {*there.values(), self._email}
        self.unused = [place for place in range(len(names)) if place not in used]

    def read(self, line: int, cells: list[str]) -> Arrival:
        """Raises AddressError or RowRefusedError."""
        text = cells[self._email] if self._email < len(cells) else ""
        if text[:1] == "'":
            text = rearmed(text)
        other = self._texts(cells) if self._other else {}
        if self._ours and not text and other.get(Role.STATUS) == Standing.ERASED:
            return _erased(line, other)
        parsed = parse_address(text)
        place = self._name
        name = clean_name(rearmed(cells[place])) if place is not None and place < len(cells) else ""
        if self._why_not:
            raise RowRefusedError(parsed.email, self._why_not)
        if not other:
            return Arrival(line, parsed.email, parsed.key, name, self._default)
        standing = self._standing(other)
        left_at = self._left_at(other, standing) if standing in LEFT else None
        ours = self._ours
        return Arrival(
            line,
            parsed.email,
            parsed.key,
            name,
            standing,
            signed_up_at=self._moment(other, Role.SIGNED_UP_AT),
            signed_up_ip=_ip(other.get(Role.SIGNED_UP_IP, "")),
            came_from="" if ours else _stored(other.get(Role.SOURCE, ""), LONGEST_SOURCE),
            confirmed_at=self._moment(other, Role.CONFIRMED_AT),
            confirmed_ip=_ip(other.get(Role.CONFIRMED_IP, "")),
            left_at=left_at,
            kept=self._kept(other) if ours else None,
        )

    def _texts(self, cells: list[str]) -> dict[str, str]:
        """What stands in the other columns; empty cells are left out."""
        many = len(cells)
        return {
            role: rearmed(text) if text[0] == "'" else text
            for role, place in self._other.items()
            if place < many and (text := cells[place].strip())
        }

    def _standing(self, other: dict[str, str]) -> Standing | None:
        standing = self._default
        word = other.get(Role.STATUS)
        if word is not None:
            standing = _word(word)
            if self.layout.default is None and self.layout.name != "plain":
                return standing  # this tool keeps the day they left also of who came back
        if self._flags and (_flag(other, Role.SUBSCRIBED) is False or _flag(other, Role.DISABLED)):
            standing = Standing.UNSUBSCRIBED
        if standing in LEFT:
            return standing
        if Role.BOUNCED_AT in other:
            return Standing.BOUNCED
        if Role.LEFT_AT in other:
            why = other.get(Role.LEFT_WHY, "").casefold()
            return Standing.COMPLAINED if "abuse" in why else Standing.UNSUBSCRIBED
        return standing

    def _left_at(self, other: dict[str, str], standing: Standing | None) -> datetime | None:
        if standing is Standing.BOUNCED and Role.BOUNCED_AT in other:
            return self._moment(other, Role.BOUNCED_AT)
        return self._moment(other, Role.LEFT_AT)

    def _moment(self, other: dict[str, str], role: str) -> datetime | None:
        text = other.get(role)
        if text is None:
            return None
        moment = _moment(text)
        if moment is None or (moment > self._now and not self._ours):
            self.undated += 1
            return None
        return moment

    def _kept(self, other: dict[str, str]) -> Kept:
        reason = other.get(Role.SUPPRESSION)
        if reason is not None and reason not in list(SuppressionReason):
            raise RowRefusedError(reason, f"expected one of {', '.join(SuppressionReason)}")
        return Kept(
            source=_stored(other.get(Role.SOURCE, ""), LONGEST_SOURCE),
            tracking=_flag(other, Role.TRACKING) is not False,
            created_at=self._moment(other, Role.CREATED_AT),
            changed_at=self._moment(other, Role.CHANGED_AT),
            consents=_consents(other.get(Role.CONSENTS, "")),
            reason=SuppressionReason(reason) if reason else None,
            suppressed_at=self._moment(other, Role.SUPPRESSED_AT),
            note=_stored(other.get(Role.NOTE, ""), 500),
        )


_SIMPLE = (Role.EMAIL, Role.NAME)


def _by_file_name(layout: Layout, file_name: str) -> tuple[Standing | None, str]:
    """Mailchimp says by the file's name alone of whom a file is, if it has no status column."""
    if layout.name == "Mailchimp":
        begins = file_name.casefold()
        if begins.startswith("nonsubscribed"):
            return None, f"the file's name says that they {REFUSED_WORDS['nonsubscribed']}"
        if begins.startswith("unsubscribed"):
            return Standing.UNSUBSCRIBED, ""
        if begins.startswith("cleaned"):
            return Standing.BOUNCED, ""
    return layout.default, ""


def _erased(line: int, other: dict[str, str]) -> Arrival:
    address_hash = other.get(Role.HASH, "")
    if not _HASH.fullmatch(address_hash):
        raise RowRefusedError(address_hash, "expected the 64 hexadecimal digits of a hash")
    return Arrival(
        line,
        "",
        "",
        standing=Standing.ERASED,
        left_at=_moment(other.get(Role.SUPPRESSED_AT, "")),
        address_hash=address_hash,
    )


def _word(text: str) -> Standing:
    word = re.sub(r"[\s-]+", "_", text.casefold())
    standing = WORDS.get(word)
    if standing is None or standing is Standing.ERASED:
        known = REFUSED_WORDS.get(word)
        why = f"{known}; {_EXPECTED_STATUS}" if known else _EXPECTED_STATUS
        raise RowRefusedError(f"status {text[:60]}", why)
    return standing


def _flag(other: dict[str, str], role: str) -> bool | None:
    text = other.get(role)
    if text is None:
        return None
    word = text.casefold()
    if word not in _TRUE and word not in _FALSE:
        raise RowRefusedError(text[:60], f"expected true or false ({role})")
    return word in _TRUE


def _ip(text: str) -> str:
    return text if _IP.fullmatch(text) else ""


def _stored(text: str, longest: int | None = None) -> str:
    """`text` as both databases take it: no NUL, and no half of a surrogate pair."""
    if text.isascii() and "\0" not in text:
        return text[:longest]
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:longest]


def _moment(text: str) -> datetime | None:
    """ISO 8601 as the tools write it; without a zone it is UTC. None if it is something else."""
    try:
        moment = datetime.fromisoformat(text.removesuffix(" UTC"))
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _consents(text: str) -> list[dict[str, Any]]:
    """The proofs as our own export lists them. Raises RowRefusedError."""
    try:
        proofs = [_consent(one) for one in json.loads(text or "[]")]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise RowRefusedError(text[:60], "expected consents as an export lists them") from None
    return proofs


def _consent(one: dict[str, Any]) -> dict[str, Any]:
    moment = _moment(one["at"])
    if moment is None:
        raise ValueError(one["at"])
    return {
        "kind": ConsentKind(one["kind"]).value,
        "wording": _stored(one["wording"]),
        "source": _stored(one["source"], LONGEST_SOURCE),
        "ip": _stored(one["ip"], 45),
        "user_agent": _stored(one["user_agent"], 500),
        "at": moment,
    }


__all__ = ["AddressError", "Arrival", "Arrivals", "Kept", "RowRefusedError"]
