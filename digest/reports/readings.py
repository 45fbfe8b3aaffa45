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
    """Values by key, each read at most once at a time; a slow one keeps no other waiting."""

    def __init__(self, steady: Callable[[], float] = monotonic) -> None:
        self._steady = steady
        self._kept: dict[Hashable, _Reading] = {}
        self._reading: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, read: Callable[[], T]) -> T:
        """Return what `read` returned lately for this key, or returns now."""
        with self._lock:
            alone = self._reading.setdefault(key, threading.Lock())
        with alone:
            before = self._steady()
            with self._lock:
                kept = self._kept.get(key)
            if kept is not None and before < kept.good_until:
                return kept.value  # type: ignore[no-any-return]
            value = read()
            after = self._steady()
            rest = max(READ_AGAIN_SECONDS, MIN_REST * (after - before))
            with self._lock:
                self._keep(key, _Reading(value, after + rest))
            return value

    def _keep(self, key: Hashable, reading: _Reading) -> None:
        while len(self._kept) >= MAX_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = reading
        for other in [one for one in self._reading if one != key and one not in self._kept]:
            if not self._reading[other].locked():
                del self._reading[other]
