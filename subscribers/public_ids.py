"""Random ids that links and exports name people, issues and letters by; none is ever reused.

A row's own number names somebody else in another store, and after a restore; these do not.
"""

import os
import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

ID_BYTES = 7
MAX_PUBLIC_ID = 2 ** (8 * ID_BYTES)
MAX_SHORT_ID = 2**31
"""Of issues and address changes; it fits PostgreSQL's integer."""
OLD_NUMBERS = 2**24
"""Short ids lie above what numbers of the time before could be in a link."""
EPOCHS = 2**16
MAX_STEP = 2**12
"""How far apart two epochs of one person's links may lie: at least 16 follow before one returns."""
random_bytes = os.urandom
_CELL = re.compile(r"[0-9a-f]{16}(?:[0-9a-f]{2})?")
_ID_DIGITS = 2 * ID_BYTES


class IssueIds(NamedTuple):
    """What links call an issue. `legacy_number` is set if it was there before public ids."""

    public_id: int
    legacy_number: int | None = None


def new_public_id() -> int:
    """Returns a random id of 56 bits, never 0."""
    return next(new_public_ids(1))


def new_public_ids(count: int) -> Iterator[int]:
    """Yields `count` random ids of 56 bits, never 0."""
    for drawn in struct.unpack(f">{count}Q", random_bytes(8 * count)):
        yield drawn >> 8 or new_public_id()


def new_short_id() -> int:
    """Returns a random id of 31 bits that no row's number of the time before can equal."""
    while True:
        drawn = int.from_bytes(random_bytes(4), "big") % MAX_SHORT_ID
        if drawn >= OLD_NUMBERS:
            return drawn


def epoch_step() -> int:
    """Returns how far on the next epoch lies: at random, from 1 to MAX_STEP.

    By steps of one, a store put back to a time before would give out again the epoch of links that
    were made since, and these would open what they were to open no more.
    """
    return int.from_bytes(random_bytes(2), "big") % MAX_STEP + 1


def to_cell(public_id: int, epoch: int) -> str:
    """Spells an id as an export has it: 14 hexadecimal digits, then 2 or 4 of the epoch."""
    return f"{public_id:014x}{epoch:02x}" if epoch < 1 << 8 else f"{public_id:014x}{epoch:04x}"


def from_cell(text: str) -> tuple[int, int] | None:
    """Reads what `to_cell` spelt; None for anything else, and for the id 0."""
    if not _CELL.fullmatch(text):
        return None
    public_id = int(text[:_ID_DIGITS], 16)
    return (public_id, int(text[_ID_DIGITS:], 16)) if public_id else None
