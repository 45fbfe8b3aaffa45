"""Makes the keys of SendGrid's events: the hash of what an event says, after its time.

SendGrid may repeat an event under another id, so its own ids name nothing.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from itertools import chain
from json.encoder import encode_basestring_ascii
from operator import itemgetter
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

MAX_KIND_LENGTH = 100
MAX_TIMESTAMP = 2**33


class PlainEvent(msgspec.Struct, gc=False, kw_only=True):
    """The fields of an event that its key is made of, in their order there."""

    bounce_classification: str | UnsetType = UNSET
    delivery: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    event: Annotated[str, msgspec.Meta(max_length=MAX_KIND_LENGTH)]
    reason: str | UnsetType = UNSET
    response: str | UnsetType = UNSET
    sg_machine_open: bool | UnsetType = UNSET
    sg_message_id: str | UnsetType = UNSET
    status: str | UnsetType = UNSET
    timestamp: Annotated[int, msgspec.Meta(ge=0, lt=MAX_TIMESTAMP)]
    type: str | UnsetType = UNSET
    useragent: str | UnsetType = UNSET


HASHED_FIELDS = PlainEvent.__struct_fields__
_HASH_DIGITS = 32
_SEPARATOR = "\x1f"
"""Stands in no JSON text, which spells control characters by escapes."""
_spell = json.JSONEncoder(sort_keys=True, default=str).encode
_spell_list = json.JSONEncoder(sort_keys=True, default=str, separators=(_SEPARATOR, ": ")).encode


def keys_of(posted: Sequence[Mapping[str, Any]]) -> list[str]:
    """Returns each event's key. `event` and `timestamp` are there in all of them.

    The text that is hashed is what json.dumps makes of the fields with sorted keys. Values of all
    events with the same fields are spelt in one call. The event's time comes first in the key, so
    that events which come together lie together in the index.
    """
    places: dict[tuple[str, ...], list[int]] = {}
    for place, one in enumerate(posted):
        places.setdefault(tuple(one), []).append(place)
    if len(places) == 1:
        return _keys_of_like(posted)
    keys = [""] * len(posted)
    for those in places.values():
        for place, key in zip(those, _keys_of_like([posted[one] for one in those]), strict=True):
            keys[place] = key
    return keys


def keys_of_plain(posted: Sequence[PlainEvent]) -> list[str]:
    """Returns the same keys, of events whose fields have their usual types."""
    places: dict[str, list[int]] = {}
    for place, one in enumerate(posted):
        places.setdefault(one.event, []).append(place)
    rows = list(map(msgspec.structs.astuple, posted))
    keys = [""] * len(posted)
    for those in places.values():
        for place, key in zip(those, _keys_of_rows([rows[one] for one in those]), strict=True):
            keys[place] = key
    return keys


def _keys_of_rows(rows: Sequence[tuple[Any, ...]]) -> list[str]:
    columns = list(zip(*rows, strict=True))
    if {column.count(UNSET) for column in columns} - {0, len(rows)}:
        return [_keys_of_rows([row])[0] for row in rows]  # some have other fields than others
    given = [name for name, one in zip(HASHED_FIELDS, rows[0], strict=True) if one is not UNSET]
    _, template = _shape(tuple(given))
    spelt = [
        list(map(_SPELLING.get(name, encode_basestring_ascii), column))
        for name, column in zip(HASHED_FIELDS, columns, strict=True)
        if column[0] is not UNSET
    ]
    said = map(template.__mod__, zip(*spelt, strict=True))
    return _keys(columns[_TIMESTAMP], said)


_SPELLING: Mapping[str, Any] = {"timestamp": str, "sg_machine_open": ("false", "true").__getitem__}
_TIMESTAMP = HASHED_FIELDS.index("timestamp")


def _keys(seconds: Sequence[int], said: Iterable[str]) -> list[str]:
    starts = {one: f"sendgrid:{one:09x}" for one in set(seconds)}
    return [
        starts[one] + sha256(text.encode()).hexdigest()[:_HASH_DIGITS]
        for one, text in zip(seconds, said, strict=True)
    ]


def _keys_of_like(posted: Sequence[Mapping[str, Any]]) -> list[str]:
    """Returns the keys of events that have the same fields in the same order."""
    names, template = _shape(tuple(posted[0]))
    spelt = zip(*[iter(_spelt(list(map(itemgetter(*names), posted))))] * len(names), strict=True)
    return _keys([one["timestamp"] for one in posted], map(template.__mod__, spelt))


@lru_cache(maxsize=256)
def _shape(fields: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """Returns the fields that are hashed, and their text with a place for each value."""
    names = tuple(name for name in HASHED_FIELDS if name in fields)
    said = ", ".join([f'"{name}": %s' for name in names])
    return names, f"{{{said}}}"


def _spelt(rows: Sequence[tuple[Any, ...]]) -> list[str]:
    """Returns each value as JSON, row by row."""
    values = list(chain.from_iterable(rows))
    spelt = _spell_list(values)[1:-1].split(_SEPARATOR)
    if len(spelt) == len(values):
        return spelt
    return [_spell(value) for value in values]  # some are lists or objects
