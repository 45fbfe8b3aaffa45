"""Random ids that links and exports name people, issues and letters by; none is ever reused.

A row's own number names somebody else in another store, and after a restore; these do not.
"""

import os
import re
from collections.abc import Iterator
from typing import NamedTuple

ID_BYTES = 7
MAX_PUBLIC_ID = 2 ** (8 * ID_BYTES)
MAX_SHORT_ID = 2**31
"""Of issues and address changes; it fits PostgreSQL's integer."""
OLD_NUMBERS = 2**24
"""Short ids lie above what numbers of the time before could be in a link."""
EPOCHS = 256
random_bytes = os.urandom
_CELL = re.compile(r"[0-9a-f]{16}")


class IssueIds(NamedTuple):
    """What links call an issue. `legacy_number` is set if it was there before public ids."""

    public_id: int
    legacy_number: int | None = None


def new_public_id() -> int:
    """Returns a random id of 56 bits, never 0."""
    return next(new_public_ids(1))


def new_public_ids(count: int) -> Iterator[int]:
    """Yields `count` random ids of 56 bits, never 0."""
    drawn = random_bytes(ID_BYTES * count)
    for start in range(0, len(drawn), ID_BYTES):
        yield int.from_bytes(drawn[start : start + ID_BYTES], "big") or new_public_id()


def new_short_id() -> int:
    """Returns a random id of 31 bits that no row's number of the time before can equal."""
    while True:
        drawn = int.from_bytes(random_bytes(4), "big") % MAX_SHORT_ID
        if drawn >= OLD_NUMBERS:
            return drawn


def link_id(public_id: int, epoch: int) -> int:
    """Joins a public id and the epoch of its links: the first eight bytes of a token."""
    return public_id << 8 | epoch


def split_link_id(joined: int) -> tuple[int, int]:
    """Takes apart what `link_id` joined."""
    return joined >> 8, joined & 0xFF


def to_cell(public_id: int, epoch: int) -> str:
    """Spells an id as an export has it: 16 hexadecimal digits, the last two are the epoch."""
    return f"{link_id(public_id, epoch):016x}"


def from_cell(text: str) -> tuple[int, int] | None:
    """Reads what `to_cell` spelt; None for anything else, and for the id 0."""
    found = split_link_id(int(text, 16)) if _CELL.fullmatch(text) else (0, 0)
    return found if found[0] else None
