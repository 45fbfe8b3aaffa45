"""The bytes of a journal, and what can be believed of them.

    header   a magic line, length and checksum, and JSON: whose claim it is, and of which deliveries
    words    four octets for each delivery: as they were made, or zero once its message was begun
    answers  frames of outcomes, each with length and checksum: ids and texts, or JSON

A word counts as untouched only if it is exactly what was written at first, so what is cut off,
garbled or lost counts as begun. Answers are read up to the first frame that is not whole.
"""

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from struct import Struct, pack, unpack_from
from struct import error as StructError  # noqa: N812 - a class
from typing import Any, NamedTuple

from digest.deliver.bounce_policy.failure import Cause, Failure, FailureClass, Stage
from digest.deliver.providers.base import Accepted, Outcome, Rejected, Unknown

MAGIC = b"digest journal 1\n"
WORD = 4
"""Octets for each delivery."""
MAX_SALT = 0x7FFF_FFFF
ALL_ACCEPTED = b"A"
"""With this begins a frame of accepted messages alone; any other is JSON."""
_encode = json.JSONEncoder(separators=(",", ":")).encode
_FRAME = Struct("<II")
"""Octets that follow, and their checksum."""
_ACCEPTED, _UNKNOWN = 2, 3
"""How many fields such an answer has; a rejection has more."""
_UNREADABLE = (ValueError, TypeError, LookupError, StructError)
"""What reading something raises that another version may have written."""


@dataclass(frozen=True, slots=True)
class Header:
    """Whose claim a journal is of.

    `instance` is the store's key, `boot` the machine's boot id, `identity` the file's own, which a
    copy has not. `batches` are positions with delivery ids. `tells_begun`: the provider notes what
    it begins. `salt` makes the words and checksums this journal's own.
    """

    instance: str
    boot: str
    identity: str
    worker: int
    issue: int
    claimed_at: str
    provider: str
    tells_begun: bool
    salt: int
    batches: Sequence[tuple[int, Sequence[int]]]

    @property
    def delivery_ids(self) -> list[int]:
        """The deliveries in the order of their words."""
        return [one for _, ids in self.batches for one in ids]


class Notes(NamedTuple):
    """What a journal says: the deliveries never begun, and the outcomes of others."""

    header: Header
    untouched: frozenset[int]
    outcomes: dict[int, Outcome]


def encode_header(header: Header) -> bytes:
    """Return the header and the words of deliveries of which none was begun."""
    raw = _encode([getattr(header, name) for name in Header.__slots__]).encode("ascii")
    count = sum(len(ids) for _, ids in header.batches)
    return MAGIC + _FRAME.pack(len(raw), zlib.crc32(raw)) + raw + words(header.salt, 0, count)


def words(salt: int, first: int, count: int) -> bytes:
    """Return the untouched words of `count` deliveries from the `first` on; none is zero."""
    return pack(f"<{count}I", *range(salt + first, salt + first + count))


def encode_answers(outcomes: Sequence[Outcome], salt: int) -> bytes:
    """Return one frame of answers."""
    raw = _encode_accepted(outcomes) if set(map(type, outcomes)) == {Accepted} else b""
    raw = raw or _encode([_fields(one) for one in outcomes]).encode("ascii")
    return _FRAME.pack(len(raw), zlib.crc32(raw, salt)) + raw


def _encode_accepted(outcomes: Sequence[Outcome]) -> bytes:
    """Return outcomes that are all `Accepted`, in half of JSON's time; empty if they can't be."""
    ids, texts = zip(*outcomes, strict=True)
    text = "\n".join(texts)
    if not text.isascii() or text.count("\n") != len(ids) - 1:
        return b""
    return ALL_ACCEPTED + pack(f"<I{len(ids)}q", len(ids), *ids) + text.encode("ascii")


def _decode_accepted(raw: bytes) -> list[Outcome]:
    (count,) = unpack_from("<I", raw, 1)
    ids = unpack_from(f"<{count}q", raw, 5)
    texts = raw[5 + 8 * count :].decode("ascii").split("\n")
    return [Accepted(*one) for one in zip(ids, texts, strict=True)]


def read_notes(data: bytes) -> Notes | None:
    """Return what a journal says; None if not even its header is whole."""
    found = _frame(data, len(MAGIC), 0) if data.startswith(MAGIC) else None
    if found is None:
        return None
    raw, end = found
    try:
        header = Header(*json.loads(raw))
    except _UNREADABLE:
        return None
    ids = header.delivery_ids
    untouched = _untouched(data, end, header.salt, ids) if header.tells_begun else []
    outcomes = dict(_answers(data, end + WORD * len(ids), header.salt))
    known = set(ids)
    return Notes(
        header,
        frozenset(untouched).difference(outcomes),
        {delivery: one for delivery, one in outcomes.items() if delivery in known},
    )


def _untouched(data: bytes, start: int, salt: int, ids: Sequence[int]) -> list[int]:
    whole = max(0, min(len(ids), (len(data) - start) // WORD))
    found = unpack_from(f"<{whole}I", data, start) if whole else ()
    return [ids[place] for place, word in enumerate(found) if word == salt + place]


def _frame(data: bytes, start: int, salt: int) -> tuple[bytes, int] | None:
    """Return the frame at `start` and where it ends; None if it is not whole."""
    begin = start + _FRAME.size
    if begin > len(data):
        return None
    length, checksum = _FRAME.unpack_from(data, start)
    raw = data[begin : begin + length]
    if len(raw) < length or not length or zlib.crc32(raw, salt) != checksum:
        return None
    return raw, begin + length


def _answers(data: bytes, start: int, salt: int) -> Iterator[tuple[int, Outcome]]:
    while found := _frame(data, start, salt):
        raw, start = found
        try:
            outcomes = _decode(raw)
        except _UNREADABLE:
            return
        for one in outcomes:
            yield one.delivery_id, one


def _decode(raw: bytes) -> list[Outcome]:
    if raw.startswith(ALL_ACCEPTED):
        return _decode_accepted(raw)
    return [_outcome(fields) for fields in json.loads(raw)]


def _fields(outcome: Outcome) -> tuple[Any, ...]:
    if isinstance(outcome, Accepted):
        return tuple(outcome)
    if isinstance(outcome, Unknown):
        return (outcome.delivery_id, None, outcome.detail)
    failure = outcome.failure
    return (
        outcome.delivery_id,
        None,
        outcome.permanent,
        outcome.code,
        outcome.detail,
        failure.failure_class,
        failure.cause,
        failure.enhanced,
        outcome.stage,
        outcome.retry_after,
        outcome.is_local,
    )


def _outcome(fields: Sequence[Any]) -> Outcome:
    if len(fields) == _ACCEPTED:
        return Accepted(*fields)
    if len(fields) == _UNKNOWN:
        return Unknown(fields[0], fields[2])
    delivery, _, permanent, code, detail, kind, cause, enhanced, stage, retry_after, local = fields
    return Rejected(
        delivery,
        permanent,
        code,
        detail,
        Failure(FailureClass(kind), Cause(cause), enhanced),
        Stage(stage) if stage is not None else None,
        retry_after,
        local,
    )
