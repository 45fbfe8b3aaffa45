"""Takes reports in from many requests at once; what comes together is committed together.

A commit that waits for the disk costs the same for one post as for ten, so whoever gets the turn
writes down all that wait. `take` returns once the reports are durable.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from digest.track.provider_events.event import DeliveryEvent
from digest.track.provider_events.ingest import take
from store.engine import Store
from subscribers.addresses import AddressHasher

MOST_TOGETHER = 5_000
"""Reports in a transaction, about: others want to write, too."""


@dataclass(slots=True)
class _Waiting:
    events: Sequence[DeliveryEvent]
    written: bool = False
    fault: Exception | None = None


@dataclass(slots=True)
class WebhookIngest:
    store: Store
    hasher: AddressHasher
    clock: Callable[[], datetime]
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _waiting: list[_Waiting] = field(default_factory=list)

    def take(self, events: Sequence[DeliveryEvent]) -> None:
        """Raises what the database raises, and then nothing of `events` is stored."""
        mine = _Waiting(events)
        with self._guard:
            self._waiting.append(mine)
        with self._turn:
            if not mine.written and mine.fault is None:
                self._write(mine)
        if mine.fault is not None:
            raise mine.fault

    def _write(self, mine: _Waiting) -> None:
        group = self._collect(mine)
        try:
            self._commit(group)
        except Exception:
            if len(group) == 1:
                raise
            # Nobody is to suffer for another's post: each by itself, and whose fault it is hears.
            for one in group:
                try:
                    self._commit([one])
                except Exception as its:  # noqa: BLE001 - raised by whoever waits for it
                    one.fault = its

    def _collect(self, mine: _Waiting) -> list[_Waiting]:
        """Mine, and of the others as many as go with it."""
        with self._guard:
            self._waiting.remove(mine)
            group, many = [mine], len(mine.events)
            while self._waiting and many < MOST_TOGETHER:
                group.append(self._waiting.pop(0))
                many += len(group[-1].events)
        return group

    def _commit(self, group: Sequence[_Waiting]) -> None:
        events = [event for one in group for event in one.events]
        with self.store.write() as session:
            take(session, self.hasher, events, self.clock())
        for one in group:
            one.written = True
