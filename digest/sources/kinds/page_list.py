"""Reads a page that lists pages: its links, or the comparison that it is itself."""

from codecs import BOM_UTF8
from collections.abc import Sequence
from contextlib import suppress

from digest.catalog.intake import limits
from digest.catalog.intake.cleaning import printable
from digest.catalog.intake.decoding import decode, is_html
from digest.catalog.intake.files import FileError
from digest.catalog.intake.html.parse import PageReader
from digest.catalog.intake.html.tokenizer import Take, tokenize
from digest.catalog.intake.html.tokens import Start, Token
from digest.catalog.intake.sources import read_bytes
from digest.catalog.pages import ComparisonPage, PageError
from digest.sources.errors import FetchError
from digest.sources.kinds.entry import Entry, Listing
from digest.sources.kinds.sitemap import read_lines
from digest.sources.urls import HostNames, hash_of, joined, origin_of

MOST_LINKS = 2_000
"""Of one page, the first; a site with more has a sitemap."""


def read_page_list(
    body: bytes, url: str, media_type: str, charset: str = "", *, has_pattern: bool = False
) -> Listing:
    """Return the pages that a page names. Raises FetchError.

    A page that is itself a comparison is its own only entry. Of an HTML page the links count:
    those that lead to the same site, or all where a pattern chooses among them. Of a text, each
    line is an address.
    """
    if "html" in media_type or is_html(body.removeprefix(BOM_UTF8), ""):
        return _read_html(body, url, charset, has_pattern=has_pattern)
    pages = list(read_bytes(body, url, "", charset))
    if pages and all(isinstance(page, ComparisonPage) for page in pages):
        return _itself(body, url, pages)
    listing = read_lines(body, url)
    if not listing.entries and listing.refused:
        raise FetchError(
            "found neither a comparison nor addresses, expected one of them", is_final=True
        )
    return listing


def _read_html(body: bytes, url: str, charset: str, *, has_pattern: bool) -> Listing:
    """Return the same of an HTML page, which is cut into tokens once."""
    links = _Links(url)
    try:
        text = decode(body, ".html", charset)
        reader = PageReader(text, url)
        _read_both(text, url, reader.take, links.take)
    except (FileError, PageError) as error:
        raise FetchError(f"found {printable(error.found)}, expected {error.expected}") from None
    with suppress(PageError):
        return _itself(body, url, [reader.page()])
    # Addresses in canonical form: what stands behind the site is never empty.
    home = f"{origin_of(url)}/"
    return Listing(
        [
            Entry(link, hash_of(link))
            for link in links.found
            if has_pattern
            or (link.startswith(home) and link != url and link[len(home) :][:1] not in ("", "?"))
        ]
    )


def _itself(body: bytes, url: str, pages: Sequence[ComparisonPage | PageError]) -> Listing:
    """Return a page that is a comparison as its own only entry."""
    return Listing([Entry(url, hash_of(body), read=lambda: pages)])


def _read_both(text: str, url: str, first: Take, second: Take) -> None:
    def both(token: Token) -> None:
        first(token)
        second(token)

    tokenize(text, url, both, limits.LIST_TOKENS)


class _Links:
    """Collects where the first MOST_LINKS links of a page lead, each once."""

    def __init__(self, url: str) -> None:
        self.found: dict[str, None] = {}
        self._url = url
        self._hosts = HostNames()
        self._base: str | None = None
        self._seen: set[tuple[str | None, str]] = set()

    def take(self, token: Token) -> None:
        """Look at the next piece of the page."""
        if not isinstance(token, Start) or token.tag not in ("a", "base"):
            return
        link = token.attributes.get("href") or ""
        if token.tag == "base":
            if link and self._base is None:
                self._base = joined(self._url, link, self._hosts) or self._url
        elif link and not link.startswith("#") and (self._base, link) not in self._seen:
            self._add(link)

    def _add(self, link: str) -> None:
        if len(self._seen) >= MOST_LINKS:
            return
        self._seen.add((self._base, link))
        address = joined(self._base or self._url, link, self._hosts)
        if address:
            self.found[address] = None
