"""What a source's document names: entries, each a page to read or one that is at hand."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from digest.catalog.pages import ComparisonPage, PageError

Pages = Iterable[ComparisonPage | PageError]
MOST_ENTRIES = 50_000
"""Of one document, as the protocol of sitemaps has it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One page that a source names."""

    location: str
    """Its canonical address; a path in the folder, or a place in the document, for one at hand."""
    version: str
    """A hash that is another one when the source says that the page changed."""
    dated: datetime | None = None
    read: Callable[[], Pages] | None = None
    """Returns the pages of an entry that is at hand; None for one to be asked for."""


@dataclass(slots=True)
class Listing:
    """What one document names; `children` are further documents, such as those of an index."""

    entries: list[Entry] = field(default_factory=list)
    children: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """A line for each entry that names no page."""


def matches(location: str, pattern: str) -> bool:
    """Return whether an address or path fits a pattern.

    With a star or another wildcard of file names the pattern is that of the whole path, or of the
    whole address if it names a scheme; without one it is a part of the address.
    """
    if not pattern:
        return True
    if not any(char in pattern for char in "*?["):
        return pattern in location
    if "://" in pattern or "://" not in location:
        return fnmatchcase(location, pattern)
    parts = urlsplit(location)
    return fnmatchcase(parts.path, pattern) or fnmatchcase(
        f"{parts.path}?{parts.query}" if parts.query else parts.path, pattern
    )
