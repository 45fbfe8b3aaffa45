"""Reads a source's documents, each by one conditional request, to the entries that they name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from digest.catalog.intake import limits
from digest.sources.errors import FetchError
from digest.sources.http.client import Answer, HttpClient, Validators, Wanted
from digest.sources.http.robots import Robots
from digest.sources.kinds import sitemap
from digest.sources.kinds.entry import Entry, Listing, matches
from digest.sources.kinds.feed import read_feed
from digest.sources.kinds.folder import read_folder
from digest.sources.kinds.json_form import read_json_form
from digest.sources.kinds.page_list import read_page_list
from digest.sources.tables import First, Kind, Source
from digest.sources.urls import hash_of

LIMIT = 10 * 2**20
UNCONDITIONAL = timedelta(days=7)
"""How long a server is believed that nothing changed."""
_XML = ("application/xml", "text/xml", "+xml")
_JSON = ("application/json", "application/feed+json", "+json")
_TEXT = ("text/plain", "text/html")  # as which feeds are served by mistake
_PACKED = ("application/gzip", "application/x-gzip")
ANY_LIST = Wanted(
    ("application/rss+xml", "application/atom+xml", *_XML, *_JSON, *_TEXT, *_PACKED),
    "a feed, a sitemap, JSON or a page",
    LIMIT,
)
WANTED: Mapping[str, Wanted] = {
    Kind.FEED: Wanted(
        ("application/rss+xml", "application/atom+xml", *_XML, *_JSON, *_TEXT),
        "a feed in RSS, Atom or JSON Feed",
        LIMIT,
    ),
    Kind.SITEMAP: Wanted((*_XML, *_TEXT, *_PACKED), "a sitemap", sitemap.LIMIT),
    Kind.PAGE: Wanted(
        ("text/html", "application/xhtml+xml", "text/plain", "text/markdown"),
        "a page in HTML or text",
        limits.FILE_BYTES,
    ),
    Kind.JSON: Wanted((*_JSON, "text/plain"), "JSON", LIMIT),
}


@dataclass(slots=True)
class Listed:
    """What a source names now."""

    entries: list[tuple[Entry, bool]] = field(default_factory=list)
    """Each with whether it is from before the source was added."""
    refused: list[str] = field(default_factory=list)
    documents: dict[str, Any] = field(default_factory=dict)
    """What is to be known of its documents at the next fetch."""
    status: int | None = None
    is_changed: bool = False
    notes: list[str] = field(default_factory=list)

    def add(self, found: Listing, pattern: str, *, is_first: bool) -> None:
        """Take the entries of one document that fit the source's pattern."""
        self.is_changed = True
        self.refused += found.refused
        self.entries += [
            (entry, is_first) for entry in found.entries if matches(entry.location, pattern)
        ]


def list_source(
    source: Source, client: HttpClient | None, robots: Robots | None, now: datetime
) -> Listed:
    """Return what the source names; of documents that have not changed, nothing.

    Raises:
        FetchError: Its document, or each one that its index names, can't be read.
    """
    listed = Listed()
    is_first = source.read_at is None and source.first == First.SEEN
    if source.kind == Kind.FOLDER:
        listed.add(read_folder(source.location), source.match, is_first=is_first)
        return listed
    assert client is not None  # noqa: S101 - all but folders are asked for
    assert robots is not None  # noqa: S101 - as above
    documents = _Documents(source, client, robots, now, listed, is_first=is_first)
    children = documents.read(source.location)
    errors: list[FetchError] = []
    for child in children:
        try:
            documents.read(child)
        except FetchError as error:
            errors.append(error)
            documents.put_off(child)
    listed.notes += [str(error) for error in errors]
    if errors and len(errors) == len(children):
        raise errors[0]
    return listed


@dataclass(slots=True)
class _Documents:
    """Asks for the documents of one source."""

    source: Source
    client: HttpClient
    robots: Robots
    now: datetime
    listed: Listed
    is_first: bool

    def read(self, url: str) -> list[str]:
        """Read one document; returns the further documents that it names."""
        known = self.source.documents.get(url) or {}
        answer = self._ask(url, known)
        if url == self.source.location:
            self.listed.status = answer.status
            if answer.moved_to:
                self.listed.notes.append(f"moved for good to {answer.moved_to}")
        if answer.body is None:
            self.listed.documents[url] = known
            return self._children(known)
        digest = hash_of(answer.body)
        fresh = {
            "etag": answer.validators.etag,
            "last_modified": answer.validators.last_modified,
            "digest": digest,
            "at": self.now.isoformat(),
            "children": known.get("children", []),
        }
        if digest != known.get("digest"):
            found = parse(self.source.kind, answer, has_pattern=bool(self.source.match))
            is_first = self.is_first or bool(known.get("first"))
            self.listed.add(found, self.source.match, is_first=is_first)
            fresh["children"] = found.children
        self.listed.documents[url] = fresh
        return self._children(fresh)

    def put_off(self, url: str) -> None:
        """Keep what is known of a document that can't be read now.

        What it will name counts as from before, if that is so of the first fetch.
        """
        known = self.source.documents.get(url)
        self.listed.documents[url] = known or ({"first": True} if self.is_first else {})

    def _ask(self, url: str, known: Mapping[str, Any]) -> Answer:
        validators = None
        if known.get("digest") and self.now - datetime.fromisoformat(known["at"]) < UNCONDITIONAL:
            validators = Validators(known.get("etag", ""), known.get("last_modified", ""))
        return self.client.get(url, WANTED[self.source.kind], validators, check=self.robots.check)

    def _children(self, known: Mapping[str, Any]) -> list[str]:
        # One index names sitemaps; a sitemap that names more of them is none.
        seen = {self.source.location, *self.listed.documents}
        return [one for one in known.get("children", []) if one not in seen]


def parse(kind: str, answer: Answer, *, has_pattern: bool) -> Listing:
    """Return what a document names. Raises FetchError, which names its address."""
    body = answer.body or b""
    try:
        match kind:
            case Kind.FEED:
                return read_feed(body, answer.url, answer.media_type)
            case Kind.SITEMAP:
                return sitemap.read_sitemap(body, answer.url)
            case Kind.JSON:
                return read_json_form(body, answer.url)
            case _:
                return read_page_list(
                    body, answer.url, answer.media_type, answer.charset, has_pattern=has_pattern
                )
    except FetchError as error:
        raise FetchError(
            f"{answer.url}: {error}", is_final=error.is_final, status=answer.status
        ) from None
