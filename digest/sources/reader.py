"""Reads the sources that are due: what a worker calls, in a thread of its own."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from digest.sources.claims import claim_source, due_sources, release_source
from digest.sources.fetch import Fetcher
from digest.sources.http.addresses import AddressPolicy
from digest.sources.http.client import HttpClient
from digest.sources.http.rate import Rate
from digest.sources.http.robots import PRODUCT
from digest.sources.silence import warn_of_silence
from digest.sources.tables import FetchState, Source, SourceFetch
from store.engine import Store

log = logging.getLogger(__name__)


class Lock(Protocol):
    """A worker's lock: what says which workers are alive."""

    worker_id: int

    def ensure_held(self) -> None: ...
    def is_alive(self, worker_id: int) -> bool: ...


@dataclass(slots=True)
class SourceReader:
    """Reads sources. Any number of workers may do so at once: each source has one reader."""

    store: Store
    clock: Callable[[], datetime]
    fetcher: Fetcher

    def read_due(self, lock: Lock, should_stop: Callable[[], bool]) -> list[SourceFetch]:
        """Read every source that is due; warn of silent ones before a schedule is."""
        with self.store.read() as session:
            due = due_sources(session, self.clock())
        done: list[SourceFetch] = []
        for source in due:
            if should_stop():
                break
            record = self.read(source, lock, should_stop)
            if record is not None:
                done.append(record)
        warn_of_silence(self.store, self.clock())
        return done

    def read(
        self, source: Source, lock: Lock, should_stop: Callable[[], bool] = lambda: False
    ) -> SourceFetch | None:
        """Read one source now; None if another worker does."""
        assert source.id is not None  # noqa: S101 - read from the store
        lock.ensure_held()
        with self.store.write() as session:
            if not claim_source(session, source, lock.worker_id, lock.is_alive):
                return None
        try:
            record = self.fetcher.fetch(source, should_stop)
        finally:
            with self.store.write() as session:
                release_source(session, source.id, lock.worker_id)
        if record.state == FetchState.DONE and (record.new or record.changed):
            log.info(
                "source %s: %d new, %d changed, %d refused",
                source.name, record.new, record.changed, record.refused,
            )  # fmt: skip
        return record


def open_fetcher(
    store: Store,
    clock: Callable[[], datetime],
    policy: AddressPolicy,
    *,
    public_url: str,
    tick: Callable[[], float],
    pause: Callable[[float], object],
) -> Fetcher:
    """Return a fetcher that introduces itself by `public_url`, and waits with `pause`."""
    rate = Rate(tick, pause)
    agent = f"{PRODUCT}/1 (+{public_url})"
    return Fetcher(store, clock, lambda: HttpClient(policy, agent, rate, tick=tick))
