"""Collects the entries of RSS and Atom from a stream of tags and texts, in any of their versions.

A field counts where it is a child of its entry: what stands deeper is another feed's, or an
extension's. Nothing is kept but what `read_feed` needs, and nothing nests without end.
"""

from dataclasses import dataclass, field
from urllib.parse import urljoin

from digest.sources.errors import FetchError

ROOTS = frozenset({"rss", "feed", "rdf"})
MOST_ATTRIBUTES = 1_000
"""Of one tag."""
DEPTH = 200
MOST_TAGS = 100_000
MOST_ENTRIES = 5_000
"""The first count: feeds begin with the newest, and whole archives come as sitemaps."""
BASE = "base"
"""The attribute `xml:base`, as the readers of `feed_tags` hand it over."""
EXPECTED = "a feed in RSS, Atom or JSON Feed"
_MAX_LINK = 4_000
_ENTRIES = ("item", "entry")
_DATES = {
    "pubdate": "published", "published": "published", "issued": "published",
    "created": "created", "updated": "updated", "modified": "updated", "date": "updated",
}  # fmt: skip
_SAID = frozenset({"title", "description", "summary", "content", "encoded", "body"})
_FIELDS = {*_DATES, *_SAID, "link", "guid", "id"}


@dataclass(slots=True)
class FeedEntry:
    """One entry as it stands there."""

    base: str
    link: str = ""
    is_page: bool = False
    """Whether `link` says that it leads to a page and not to another form of it."""
    permalink: str = ""
    """Its id, unless that is said to be no address."""
    dates: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    """Title, text and dates: what makes it another version."""


class FeedReader:
    """Takes tags and texts in order. Raises FetchError for what no feed has.

    Names are in lower case and without their namespace; empty for one that is no feed's.
    """

    def __init__(self, url: str, most_tags: int = MOST_TAGS) -> None:
        self.root = ""
        self._left, self._most = most_tags, most_tags
        self.is_whole = False
        self.entries: list[FeedEntry] = []
        self._bases = [url]
        self._stack: list[str] = []
        self._entry: FeedEntry | None = None
        self._entry_depth = 0
        self._field = ""
        self._attributes: dict[str, str] = {}
        self._parts: list[str] = []

    @property
    def is_feed(self) -> bool:
        return self.root in ROOTS

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take a tag that opens."""
        self._left -= 1
        if self._left < 0:
            raise _no_feed(f"more than {self._most:,} tags")
        if len(attributes) > MOST_ATTRIBUTES:
            raise _no_feed(f"a tag with more than {MOST_ATTRIBUTES:,} attributes")
        if len(self._stack) >= DEPTH:
            raise _no_feed(f"more than {DEPTH} tags in each other")
        if not self._stack and not self.root:
            self.root = name or "?"
        depth = len(self._stack)
        self._stack.append(name)
        self._bases.append(self._base(attributes))
        if self._field:
            self._parts.append(f"<{name} {sorted(attributes.items())}>")
        elif self._entry is None:
            if name in _ENTRIES and depth and len(self.entries) < MOST_ENTRIES:
                self._entry, self._entry_depth = FeedEntry(self._bases[-1]), depth
        elif depth == self._entry_depth + 1 and name in _FIELDS:
            self._field, self._attributes, self._parts = name, attributes, []

    def text(self, data: str) -> None:
        """Take text."""
        if self._field:
            self._parts.append(data)

    def end(self) -> None:
        """Take the end of the tag that was opened last."""
        self._stack.pop()
        base = self._bases.pop()
        depth = len(self._stack)
        if self._entry is not None and self._field and depth == self._entry_depth + 1:
            self._take(self._entry, base)
            self._field = ""
        elif self._entry is not None and depth == self._entry_depth:
            self.entries.append(self._entry)
            self._entry = None
        self.is_whole = not depth

    def _base(self, attributes: dict[str, str]) -> str:
        stated = attributes.get(BASE)
        if not stated:
            return self._bases[-1]
        try:
            return urljoin(self._bases[-1], stated[:_MAX_LINK])
        except ValueError:
            return self._bases[-1]

    def _take(self, entry: FeedEntry, base: str) -> None:
        """Take the field that has ended; of several with one name the first counts."""
        name, text = self._field, "".join(self._parts).strip()
        if name == "link":
            self._take_link(entry, text, base)
        elif name in ("guid", "id"):
            is_address = self._attributes.get("ispermalink", "true").strip().lower() != "false"
            entry.permalink = entry.permalink or (text[:_MAX_LINK] if is_address else "")
        else:
            entry.said.append(f"{name}:{text}")
            if name in _DATES:
                entry.dates.setdefault(_DATES[name], text[:100])

    def _take_link(self, entry: FeedEntry, text: str, base: str) -> None:
        """Take a link: RSS writes it as text, Atom as an attribute of one among several."""
        relation = self._attributes.get("rel", "alternate").strip().lower()
        address = (self._attributes.get("href") or text)[:_MAX_LINK].strip()
        if relation != "alternate" or not address or entry.is_page:
            return
        is_page = "html" in self._attributes.get("type", "html").lower()
        if is_page or not entry.link:
            entry.link, entry.base, entry.is_page = address, base, is_page


def _no_feed(found: str) -> FetchError:
    return FetchError(f"found {found}, expected {EXPECTED}", is_final=True)
