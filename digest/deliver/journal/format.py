"""The bytes of a journal, and what can be believed of them.

    header   a magic line, length and checksum, and JSON: whose claim it is, and of which deliveries
    words    four octets for each delivery: as they were made, or zero once its message was begun
    answers  frames of outcomes, each with length and checksum

A word counts as untouched only if it is exactly what was written at first, so what is cut off,
garbled or lost counts as begun. Answers are read up to the first frame that is not whole.
"""

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from struct import Struct, pack, unpack_from
from typing import Any, NamedTuple

from digest.deliver.bounce_policy.failure import Cause, Failure, FailureClass, Stage
from digest.deliver.providers.base import Accepted, Outcome, Rejected, Unknown

MAGIC = b"digest journal 1\n"
WORD = 4
"""Octets for each delivery."""
MAX_SALT = 0x7FFF_FFFF
_FRAME = Struct("<II")
"""Octets of JSON that follow, and their checksum."""
_ACCEPTED, _UNKNOWN = 2, 3
"""How many fields such an answer has; a rejection has more."""
_UNREADABLE = (ValueError, TypeError, LookupError)
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
    body = json.dumps([getattr(header, name) for name in Header.__slots__], separators=(",", ":"))
    raw = body.encode("ascii")
    count = sum(len(ids) for _, ids in header.batches)
    return MAGIC + _FRAME.pack(len(raw), zlib.crc32(raw)) + raw + words(header.salt, 0, count)


def words(salt: int, first: int, count: int) -> bytes:
    """Return the untouched words of `count` deliveries from the `first` on; none is zero."""
    return pack(f"<{count}I", *range(salt + first, salt + first + count))


def encode_answers(outcomes: Sequence[Outcome], salt: int) -> bytes:
    """Return one frame of answers."""
    for one in outcomes:
        if not isinstance(one, Accepted):
            fields: Sequence[Any] = [_fields(one) for one in outcomes]
            break
    else:
        fields = outcomes  # named tuples are lists in JSON
    raw = json.dumps(fields, separators=(",", ":")).encode("ascii")
    return _FRAME.pack(len(raw), zlib.crc32(raw, salt)) + raw


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
            outcomes = [_outcome(fields) for fields in json.loads(raw)]
        except _UNREADABLE:
            return
        for one in outcomes:
            yield one.delivery_id, one


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
