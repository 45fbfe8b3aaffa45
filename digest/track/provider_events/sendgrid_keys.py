"""Makes the keys of SendGrid's events: the hash of what an event says, after its time.

SendGrid may repeat an event under another id, so its own ids name nothing.
"""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from itertools import chain
from operator import itemgetter
from typing import Any

HASHED_FIELDS = (
    "bounce_classification",
    "delivery",
    "email",
    "event",
    "reason",
    "response",
    "sg_machine_open",
    "sg_message_id",
    "status",
    "timestamp",
    "type",
    "useragent",
)
"""The fields of an event that its key is made of, in their order there."""
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


def _keys_of_like(posted: Sequence[Mapping[str, Any]]) -> list[str]:
    """Returns the keys of events that have the same fields in the same order."""
    names, template = _shape(tuple(posted[0]))
    spelt = zip(*[iter(_spelt(list(map(itemgetter(*names), posted))))] * len(names), strict=True)
    seconds = [one["timestamp"] for one in posted]
    starts = {one: f"sendgrid:{one:09x}" for one in set(seconds)}
    return [
        starts[one] + sha256((template % row).encode()).hexdigest()[:_HASH_DIGITS]
        for one, row in zip(seconds, spelt, strict=True)
    ]


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
