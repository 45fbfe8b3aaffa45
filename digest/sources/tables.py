"""Tables of sources: Source, SourcePage, SourceFetch, RobotsFile."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Text, UniqueConstraint
from sqlmodel import Field

from store.base import Json, Table, UtcDateTime
from subscribers.tables import one_of

NAME_LENGTH = 64
LOCATION_LENGTH = 2000
MATCH_LENGTH = 200
NOTE_LENGTH = 500
KEY_LENGTH = 64


class Kind(StrEnum):
    """What a source is."""

    FEED = "feed"
    SITEMAP = "sitemap"
    PAGE = "page"
    JSON = "json"
    FOLDER = "folder"


class First(StrEnum):
    """What becomes of the pages that are there at the first fetch."""

    SEEN = "seen"
    NEW = "new"


class PageState(StrEnum):
    """What became of a page that a source named."""

    SEEN = "seen"
    """It was there before the source was added, and is not read."""
    WAITING = "waiting"
    """It is to be read, now or at `retry_at`."""
    READ = "read"
    REFUSED = "refused"
    GONE = "gone"
    """It was named and is not there; its comparison stays."""


class FetchState(StrEnum):
    """How one fetch ended."""

    UNCHANGED = "unchanged"
    DONE = "done"
    FAILED = "failed"


class Source(Table, table=True):
    """A place that new comparisons come from."""

    __tablename__ = "source"
    __table_args__ = (
        one_of("kind", Kind),
        one_of("first", First),
        Index("ix_source_next_at", "next_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=NAME_LENGTH, unique=True)
    kind: str = Field(max_length=16)
    location: str = Field(max_length=LOCATION_LENGTH)
    """An address, or the absolute path of a folder."""
    match: str = Field(default="", max_length=MATCH_LENGTH)
    every_minutes: int
    first: str = Field(max_length=8)
    active: bool = Field(default=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    next_at: datetime = Field(sa_type=UtcDateTime)
    documents: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    """What is known of each document that was read: address to validators and hash."""
    worker_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    """The worker that reads it now."""
    failures: int = Field(default=0)
    """Fetches that failed since the last one that did not."""
    error: str = Field(default="", max_length=NOTE_LENGTH)
    read_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When it was last read without a failure."""
    brought_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When a new comparison last came from it."""
    warned_for: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """The due time before which its silence was last told."""


class SourcePage(Table, table=True):
    """A page that a source named, by the hash of its canonical address."""

    __tablename__ = "source_page"
    __table_args__ = (
        UniqueConstraint("source_id", "key"),
        one_of("state", PageState),
        Index("ix_source_page_source_id_state", "source_id", "state"),
    )

    id: int | None = Field(default=None, primary_key=True)
    source_id: int = Field(
        sa_column=Column(Integer, ForeignKey("source.id", ondelete="CASCADE"), nullable=False)
    )
    key: str = Field(max_length=KEY_LENGTH)
    location: str = Field(max_length=LOCATION_LENGTH)
    version: str = Field(max_length=KEY_LENGTH)
    """A hash of what the source says of it: another one means that the page may have changed."""
    state: str = Field(max_length=16)
    dated: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """The date that the source gives it, for a page that has none."""
    etag: str = Field(default="", max_length=NOTE_LENGTH)
    last_modified: str = Field(default="", max_length=NOTE_LENGTH)
    digest: str = Field(default="", max_length=KEY_LENGTH)
    tries: int = Field(default=0)
    retry_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    note: str = Field(default="", max_length=NOTE_LENGTH)
    found_at: datetime = Field(sa_type=UtcDateTime)
    read_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class SourceFetch(Table, table=True):
    """One fetch of a source, and what came of it."""

    __tablename__ = "source_fetch"
    __table_args__ = (
        one_of("state", FetchState),
        Index("ix_source_fetch_source_id_at", "source_id", "at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    source_id: int = Field(
        sa_column=Column(Integer, ForeignKey("source.id", ondelete="CASCADE"), nullable=False)
    )
    at: datetime = Field(sa_type=UtcDateTime)
    state: str = Field(max_length=16)
    status: int | None = Field(default=None)
    """The HTTP status of its document; None of a folder, and where no answer came."""
    requests: int = Field(default=0)
    listed: int = Field(default=0)
    new: int = Field(default=0)
    changed: int = Field(default=0)
    unchanged: int = Field(default=0)
    seen: int = Field(default=0)
    refused: int = Field(default=0)
    waiting: int = Field(default=0)
    note: str = Field(default="", max_length=NOTE_LENGTH)
    lines: list[str] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    """A line for each page that was refused."""


class RobotsFile(Table, table=True):
    """The robots.txt of a site, kept for a day."""

    __tablename__ = "robots_file"

    id: int | None = Field(default=None, primary_key=True)
    origin: str = Field(max_length=300, unique=True)
    rules: str = Field(sa_column=Column(Text, nullable=False))
    fetched_at: datetime = Field(sa_type=UtcDateTime)
