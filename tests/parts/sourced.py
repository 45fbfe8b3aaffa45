"""Sources over a local site: a store, a clock by hand, no pause that lasts."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlmodel import Session, select

from digest.catalog.queries import ComparisonView, all_comparisons
from digest.sources.http.addresses import AddressPolicy
from digest.sources.reader import SourceReader, open_fetcher
from digest.sources.registry import add_source, find_source
from digest.sources.tables import First, Kind, Source, SourceFetch, SourcePage
from store.engine import Store
from tests.parts.site import Names
from tests.parts.world import Clock


@dataclass
class Alone:
    """The lock of a worker, and which others are alive."""

    worker_id: int = 1
    others: tuple[int, ...] = ()

    def ensure_held(self) -> None: ...

    def is_alive(self, worker_id: int) -> bool:
        return worker_id == self.worker_id or worker_id in self.others


@dataclass
class Sourced:
    """A store whose sources are read from a local site."""

    store: Store
    clock: Clock = field(default_factory=Clock)
    names: Names = field(default_factory=Names)
    allowed: frozenset[str] = frozenset({"site.example"})
    pauses: list[float] = field(default_factory=list)
    at: float = 0.0

    def __post_init__(self) -> None:
        self.fetcher = open_fetcher(
            self.store,
            self.clock,
            AddressPolicy(self.allowed, self.names),
            public_url="https://digest.example.org",
            tick=lambda: self.at,
            pause=self._pause,
        )
        self.reader = SourceReader(self.store, self.clock, self.fetcher)

    def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.at += seconds

    def add(
        self, location: str, kind: Kind = Kind.FEED, *, first: First = First.NEW, **rest: object
    ) -> str:
        """Add a source, read every hour; returns its name."""
        name = str(rest.pop("name", kind))
        with self.store.write() as session:
            add_source(
                session,
                name,
                location,
                kind,
                now=self.clock(),
                first=first,
                **rest,  # type: ignore[arg-type]
            )
        return name

    def fetch(self, name: str) -> SourceFetch:
        """Read a source now."""
        with self.store.read() as session:
            source = find_source(session, name)
        record = self.reader.read(source, Alone())
        assert record is not None
        return record

    def source(self, name: str) -> Source:
        with self.store.read() as session:
            return find_source(session, name)

    def pages(self) -> dict[str, str]:
        """The states of all pages that sources named, by location."""
        with self.store.read() as session:
            rows: Sequence[SourcePage] = session.exec(select(SourcePage)).all()
            return {row.location: row.state for row in rows}

    def comparisons(self) -> dict[str, ComparisonView]:
        with self.store.read() as session:
            return {one.slug: one for one in _all(session)}


def _all(session: Session) -> Sequence[ComparisonView]:
    return all_comparisons(session)
