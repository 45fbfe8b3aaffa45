"""Says what would come in from a place, and keeps nothing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from digest.catalog.pages import ComparisonPage, PageError
from digest.catalog.upsert import UpsertResult
from digest.sources.errors import FetchError
from digest.sources.http.client import HttpClient
from digest.sources.http.robots import Robots
from digest.sources.kinds.detect import kind_of
from digest.sources.kinds.entry import Entry
from digest.sources.listing import ANY_LIST, Listed, list_source
from digest.sources.pages import WANTED, pages_of, store_pages
from digest.sources.tables import First, Kind, Source
from digest.sources.urls import canonical_url
from store.engine import Store


@dataclass(frozen=True, slots=True)
class Found:
    """What would become of one entry."""

    location: str
    results: tuple[UpsertResult, ...] = ()
    refused: tuple[str, ...] = ()


@dataclass(slots=True)
class Preview:
    """Looks at a place as a source would be read."""

    store: Store
    clock: Callable[[], datetime]
    client: HttpClient
    _kept: Robots | None = None

    def detect(self, location: str) -> Kind:
        """Return the kind of what stands at an address. Raises FetchError."""
        answer = self.client.get(location, ANY_LIST, check=self._robots().check)
        return kind_of(answer.body or b"", answer.media_type)

    def look(self, location: str, kind: Kind, match: str) -> Listed:
        """Return what a source there would name at its first fetch. Raises FetchError."""
        source = Source(
            name="",
            kind=kind,
            location=location,
            match=match,
            every_minutes=60,
            first=First.NEW,
            documents={},
            created_at=self.clock(),
            next_at=self.clock(),
        )
        return list_source(source, self.client, self._robots(), self.clock())

    def read(self, listed: Listed, count: int) -> Iterator[Found]:
        """Read the first `count` entries, and yield what would become of each."""
        robots = self._robots()
        for entry, _ in islice(listed.entries, count):
            try:
                pages, address = self._pages(entry, robots)
            except FetchError as error:
                yield Found(entry.location, refused=(str(error),))
                continue
            with self.store.read() as session:  # which is rolled back
                stored = store_pages(
                    session, pages, address=address, dated=entry.dated, now=self.clock()
                )
                yield Found(entry.location, tuple(stored.results), tuple(stored.refused))

    def _pages(
        self, entry: Entry, robots: Robots
    ) -> tuple[list[ComparisonPage | PageError], str | None]:
        if entry.read is not None:
            return list(entry.read()), canonical_url(entry.location)
        answer = self.client.get(entry.location, WANTED, check=robots.check)
        return list(pages_of(answer)), canonical_url(answer.url)

    def _robots(self) -> Robots:
        if self._kept is None:
            self._kept = Robots(self.client, self.clock)
        return self._kept
