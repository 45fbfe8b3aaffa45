"""Keeps what was read for a while, so that pages which are open share one reading."""

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeVar

READ_AGAIN_SECONDS = 5.0
MIN_REST = 20
"""A reading is not repeated before this many times the time that it took."""
MAX_KEPT = 50
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Reading:
    value: Any
    good_until: float


class Readings:
    """Values by key, each read at most once at a time."""

    def __init__(self, steady: Callable[[], float] = monotonic) -> None:
        self._steady = steady
        self._kept: dict[Hashable, _Reading] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, read: Callable[[], T]) -> T:
        """Return what `read` returned lately for this key, or returns now."""
        with self._lock:
            before = self._steady()
            kept = self._kept.get(key)
            if kept is not None and before < kept.good_until:
                return kept.value  # type: ignore[no-any-return]
            value = read()
            after = self._steady()
            while len(self._kept) >= MAX_KEPT:
                del self._kept[next(iter(self._kept))]
            rest = max(READ_AGAIN_SECONDS, MIN_REST * (after - before))
            self._kept[key] = _Reading(value, after + rest)
            return value
