"""Fetches one source: its documents, then the pages that are new or changed."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, delete, select

from digest.catalog.upsert import Change
from digest.sources.errors import FetchError
from digest.sources.http.client import Answer, HttpClient, Validators
from digest.sources.http.robots import Robots, StoredRules
from digest.sources.kinds.entry import Entry
from digest.sources.known import find_or_add, note_entries, sort_entries, waiting_pages
from digest.sources.listing import Listed, list_source
from digest.sources.pages import WANTED, Stored, pages_of, store_pages
from digest.sources.tables import (
    NOTE_LENGTH,
    FetchState,
    PageState,
    RobotsFile,
    Source,
    SourceFetch,
    SourcePage,
)
from digest.sources.urls import canonical_url, hash_of, origin_of
from store.engine import Store

FIRST_RETRY = timedelta(minutes=10)
MAX_RETRY = timedelta(days=1)
TRIES = 6
"""After so many failures a page is refused."""
HOST_FAILURES = 3
"""After so many failures in a row a host is left alone until the next fetch."""
MOST_LINES = 100
KEPT_DAYS = 90
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Fetcher:
    """Fetches sources, one at a time; `open_client` returns a client for one fetch."""

    store: Store
    clock: Callable[[], datetime]
    open_client: Callable[[], HttpClient]

    def fetch(self, source: Source, should_stop: Callable[[], bool] = lambda: False) -> SourceFetch:
        """Fetch a source and write down what came of it; a failure is a row too, and no error."""
        assert source.id is not None  # noqa: S101 - read from the store
        record = SourceFetch(source_id=source.id, at=self.clock(), state=FetchState.DONE)
        retry_seconds: int | None = None
        with self.open_client() as client:
            robots = Robots(client, self.clock, self._stored_rules())
            try:
                listed = list_source(source, client, robots, record.at)
                record.status = listed.status
                reading = _Reading(self.store, self.clock, client, robots, source.id, record)
                is_done = reading.take(listed, should_stop) and reading.read_waiting(should_stop)
            except FetchError as error:
                is_done = True
                record.state, record.note = FetchState.FAILED, str(error)[:NOTE_LENGTH]
                record.status, retry_seconds = error.status, error.retry_seconds
            record.requests = client.requests
            self._store_rules(robots)
        self._finish(source, record, retry_seconds, is_done=is_done)
        return record

    def _finish(
        self, source: Source, record: SourceFetch, retry_seconds: int | None, *, is_done: bool
    ) -> None:
        """Store the fetch, and when the next one is due; say what changed with it."""
        with self.store.write() as session:
            row = session.get(Source, source.id)
            if row is None:  # removed in the meantime
                return
            before = row.failures
            if record.state == FetchState.FAILED:
                row.failures += 1
                row.error = record.note
                pause = backoff(timedelta(minutes=row.every_minutes), row.failures)
                row.next_at = record.at + max(pause, timedelta(seconds=retry_seconds or 0))
            else:
                row.failures, row.error = 0, ""
                pause = timedelta(minutes=row.every_minutes if is_done else 0)
                row.next_at = record.at + pause
                row.read_at = record.at if is_done else row.read_at
            if record.new:
                row.brought_at = record.at
            session.add(row)
            session.add(record)
            session.exec(
                delete(SourceFetch).where(
                    col(SourceFetch.source_id) == source.id,
                    col(SourceFetch.at) < record.at - timedelta(days=KEPT_DAYS),
                )
            )
        if record.state == FetchState.FAILED and before == 0:
            log.warning(
                "source %s can't be read, and is asked again later: %s", source.name, record.note
            )
        elif record.state != FetchState.FAILED and before:
            log.warning("source %s is read again, after %d failures", source.name, before)

    def _stored_rules(self) -> dict[str, StoredRules]:
        with self.store.read() as session:
            return {
                one.origin: StoredRules(one.rules, one.fetched_at)
                for one in session.exec(select(RobotsFile))
            }

    def _store_rules(self, robots: Robots) -> None:
        with self.store.read() as session:
            kept = {one.origin: one.fetched_at for one in session.exec(select(RobotsFile))}
        fresh = {
            site: rules
            for site, rules in robots.files.items()
            if len(site) <= 300 and kept.get(site) != rules.fetched_at  # noqa: PLR2004 - its column
        }
        if not fresh:
            return
        with self.store.write() as session:
            session.exec(delete(RobotsFile).where(col(RobotsFile.origin).in_(fresh)))
            session.flush()
            for site, rules in fresh.items():
                session.add(RobotsFile(origin=site, rules=rules.rules, fetched_at=rules.fetched_at))


def backoff(every: timedelta, failures: int) -> timedelta:
    """Return the pause after so many failures: doubled each time, up to a day or the rhythm."""
    doublings = min(failures - 1, 12)
    return min(every * (1 << doublings), max(every, timedelta(days=1)))


@dataclass(slots=True)
class _Reading:
    """Reads the pages of one fetch and counts what became of them."""

    store: Store
    clock: Callable[[], datetime]
    client: HttpClient
    robots: Robots
    source_id: int
    record: SourceFetch

    def take(self, listed: Listed, should_stop: Callable[[], bool]) -> bool:
        """Write down what a source names, and read what is at hand; False if it was stopped."""
        record, now = self.record, self.clock()
        with self.store.read() as session:
            found = sort_entries(session, self.source_id, listed.entries)
        record.listed = len(listed.entries)
        record.seen = len(found.seen)
        record.note = "; ".join(listed.notes)[:NOTE_LENGTH]
        self._refuse(listed.refused)
        at_hand: list[tuple[int | None, Entry]] = [
            *((None, entry) for entry in found.new if entry.read),
            *((row_id, entry) for row_id, entry in found.changed if entry.read),
        ]
        for row_id, entry in at_hand:
            if should_stop():
                return False
            self._read_entry(row_id, entry)
        found.new = [entry for entry in found.new if not entry.read]
        found.changed = [pair for pair in found.changed if not pair[1].read]
        with self.store.write() as session:
            note_entries(session, self.source_id, found, now)
            if listed.documents and (source := session.get(Source, self.source_id)):
                source.documents = listed.documents
                session.add(source)
        if not listed.is_changed:
            record.state = FetchState.UNCHANGED
        return True

    def read_waiting(self, should_stop: Callable[[], bool]) -> bool:
        """Ask for each page that waits; False if it was stopped before the last one."""
        with self.store.read() as session:
            waiting = waiting_pages(session, self.source_id, self.clock())
        failures: dict[str, int] = {}
        for row_id in waiting:
            if should_stop():
                return False
            self.record.state = FetchState.DONE
            with self.store.read() as session:
                page = session.get(SourcePage, row_id)
            if page is None:
                continue
            site = origin_of(page.location)
            if failures.get(site, 0) >= HOST_FAILURES:
                self._leave(page)
                continue
            error = self._read_page(page)
            if error is None or error.is_final:
                failures.pop(site, None)
            else:
                failures[site] = failures.get(site, 0) + (
                    HOST_FAILURES if error.retry_seconds else 1
                )
        return True

    def _read_page(self, page: SourcePage) -> FetchError | None:
        validators = Validators(page.etag, page.last_modified)
        try:
            answer = self.client.get(page.location, WANTED, validators, check=self.robots.check)
        except FetchError as error:
            self._put_off(page, error)
            return error
        with self.store.write() as session:
            row = session.get(SourcePage, page.id)
            if row is not None:
                self._store_answer(session, row, answer)
        return None

    def _store_answer(self, session: Session, row: SourcePage, answer: Answer) -> None:
        row.tries, row.retry_at, row.read_at = 0, None, self.clock()
        row.etag, row.last_modified = answer.validators.etag, answer.validators.last_modified
        digest = row.digest if answer.body is None else hash_of(answer.body)
        if digest == row.digest:
            row.state, row.note = PageState.READ, ""
            self.record.unchanged += 1
        else:
            row.digest = digest
            address = canonical_url(answer.url)
            stored = store_pages(
                session, pages_of(answer), address=address, dated=row.dated, now=self.clock()
            )
            self._note(row, stored)
        session.add(row)

    def _read_entry(self, row_id: int | None, entry: Entry) -> None:
        """Store the pages of an entry that is at hand."""
        assert entry.read is not None  # noqa: S101 - chosen by it
        pages = list(entry.read())
        now = self.clock()
        address = entry.location if canonical_url(entry.location) == entry.location else None
        with self.store.write() as session:
            row = find_or_add(session, self.source_id, row_id, entry, now)
            stored = store_pages(session, pages, address=address, dated=entry.dated, now=now)
            row.read_at = now
            self._note(row, stored)

    def _note(self, row: SourcePage, stored: Stored) -> None:
        is_refused = not stored.results
        row.state = PageState.REFUSED if is_refused else PageState.READ
        row.note = (stored.refused or ["no comparison"])[0][:NOTE_LENGTH] if is_refused else ""
        if is_refused:  # so that it is read whole when it is asked for again
            row.digest = row.etag = row.last_modified = ""
        self._refuse(stored.refused)
        self.record.new += stored.count(Change.NEW)
        self.record.changed += stored.count(Change.CHANGED)
        self.record.unchanged += stored.count(Change.SAME)

    def _put_off(self, page: SourcePage, error: FetchError) -> None:
        """Note a page that can't be read: for good, or until it is tried again."""
        now = self.clock()
        with self.store.write() as session:
            row = session.get(SourcePage, page.id)
            if row is None:
                return
            row.tries += 1
            row.note = str(error)[:NOTE_LENGTH]
            if error.is_final or row.tries >= TRIES:
                row.state = PageState.GONE if error.is_gone else PageState.REFUSED
                row.retry_at = None
                self._refuse([str(error)])
            else:
                pause = min(FIRST_RETRY * 2 ** (row.tries - 1), MAX_RETRY)
                row.retry_at = now + max(pause, timedelta(seconds=error.retry_seconds or 0))
                self.record.waiting += 1
            session.add(row)

    def _leave(self, page: SourcePage) -> None:
        """Leave a page for later without asking for it: its host does not answer."""
        with self.store.write() as session:
            row = session.get(SourcePage, page.id)
            if row is not None:
                row.retry_at = self.clock() + FIRST_RETRY
                session.add(row)
        self.record.waiting += 1

    def _refuse(self, lines: list[str]) -> None:
        self.record.refused += len(lines)
        room = MOST_LINES - len(self.record.lines)
        self.record.lines = [*self.record.lines, *(line[:NOTE_LENGTH] for line in lines[:room])]
