"""Reads sitemaps and their indexes (https://www.sitemaps.org/protocol.html).

The document is read as a stream; it may nest a little and define no entities.
"""

from datetime import datetime
from xml.parsers import expat

from digest.catalog.intake.cleaning import printable
from digest.catalog.intake.dates import parse_published
from digest.sources.errors import FetchError
from digest.sources.http.body import GZIP_MAGIC, gunzip
from digest.sources.kinds.entry import MOST_ENTRIES, Entry, Listing
from digest.sources.urls import HostNames, hash_of, joined

EXPECTED = "a sitemap"
LIMIT = 50 * 2**20
DEPTH = 20
MOST_CHILDREN = 500
MOST_REFUSED = 1_000
"""Lines that name no address and are told."""
_SEPARATOR = " "


def read_sitemap(body: bytes, url: str) -> Listing:
    """Return the pages that a sitemap names, and the sitemaps. Raises FetchError."""
    if body.startswith(GZIP_MAGIC):
        body = gunzip(body, LIMIT)
    if not body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return read_lines(body, url)
    reader = _Reader(url)
    parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.EntityDeclHandler = _refuse_entity
    parser.buffer_text = True
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise FetchError(f"found XML that can't be read ({printable(str(error))})") from None
    if not reader.is_sitemap:
        raise FetchError(f"found other XML, expected {EXPECTED}", is_final=True)
    return reader.listing


def read_lines(body: bytes, url: str) -> Listing:
    """Return the pages of a text with an address in each line. Raises FetchError."""
    try:
        lines = body.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise FetchError("found bytes, expected an address in each line", is_final=True) from None
    listing, hosts = Listing(), HostNames()
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        address = joined(url, line, hosts) if "://" in line or line.startswith("/") else None
        if address is None:
            if len(listing.refused) >= MOST_REFUSED:
                continue
            found = printable(line.strip()[:200])[:80]
            listing.refused.append(f"line {number}: found {found}, expected an address")
        elif len(listing.entries) < MOST_ENTRIES:
            listing.entries.append(Entry(address, hash_of(address)))
    return listing


def _refuse_entity(*_: object) -> None:
    raise ValueError("it defines entities")


class _Reader:
    """Collects `loc` and `lastmod` of each `url` and `sitemap`."""

    def __init__(self, url: str) -> None:
        self.listing = Listing()
        self.is_sitemap = False
        self._url = url
        self._hosts = HostNames()
        self._path: list[str] = []
        self._found: dict[str, str] = {}

    def start(self, name: str, _attributes: object) -> None:
        tag = name.rpartition(_SEPARATOR)[2].lower()
        if len(self._path) >= DEPTH:
            raise ValueError("it nests too deeply")
        if not self._path:
            self.is_sitemap = tag in ("urlset", "sitemapindex")
        elif len(self._path) == 1:
            self._found = {}
        self._path.append(tag)

    def text(self, data: str) -> None:
        # Deeper elements are extensions: an image has a `loc` of its own.
        if len(self._path) == 3 and self._path[2] in ("loc", "lastmod"):  # noqa: PLR2004 - as above
            name = self._path[2]
            self._found[name] = (self._found.get(name, "") + data)[:4000]

    def end(self, _name: str) -> None:
        tag = self._path.pop()
        if not self.is_sitemap or len(self._path) != 1 or tag not in ("url", "sitemap"):
            return
        location = self._found.get("loc", "").strip()
        address = joined(self._url, location, self._hosts) if location else None
        if address is None:
            if len(self.listing.refused) >= MOST_REFUSED:
                return
            found = printable(location)[:80] or "nothing"
            self.listing.refused.append(f"{tag}: found {found}, expected the address of a page")
        elif tag == "sitemap":
            if len(self.listing.children) < MOST_CHILDREN:
                self.listing.children.append(address)
        elif len(self.listing.entries) < MOST_ENTRIES:
            stated = self._found.get("lastmod", "").strip()
            self.listing.entries.append(Entry(address, hash_of(stated), _moment(stated)))


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return parse_published(text, is_zone_needed=False)
    except ValueError:
        return None
