"""Reads a page that lists pages: its links, or the comparison that it is itself."""

from urllib.parse import urlsplit

from digest.catalog.intake.cleaning import printable
from digest.catalog.intake.decoding import decode
from digest.catalog.intake.files import FileError
from digest.catalog.intake.html.tokenizer import tokenize
from digest.catalog.intake.html.tokens import Start, Token
from digest.catalog.intake.sources import read_bytes
from digest.catalog.pages import ComparisonPage, PageError
from digest.sources.errors import FetchError
from digest.sources.kinds.entry import MOST_ENTRIES, Entry, Listing
from digest.sources.kinds.sitemap import read_lines
from digest.sources.urls import hash_of, joined, origin_of


def read_page_list(
    body: bytes, url: str, media_type: str, charset: str = "", *, has_pattern: bool = False
) -> Listing:
    """Return the pages that a page names. Raises FetchError.

    A page that is itself a comparison is its own only entry. Of an HTML page the links count:
    those that lead to the same site, or all where a pattern chooses among them. Of a text, each
    line is an address.
    """
    ending = ".html" if "html" in media_type else ""
    pages = list(read_bytes(body, url, ending, charset))
    if pages and all(isinstance(page, ComparisonPage) for page in pages):
        return Listing([Entry(url, hash_of(body), read=lambda: pages)])
    if "html" not in media_type and not body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        listing = read_lines(body, url)
        if not listing.entries and listing.refused:
            raise FetchError(
                "found neither a comparison nor addresses, expected one of them", is_final=True
            )
        return listing
    try:
        links = _links(decode(body, ".html", charset), url)
    except (FileError, PageError) as error:
        raise FetchError(f"found {printable(error.found)}, expected {error.expected}") from None
    listing = Listing()
    for link in dict.fromkeys(links):
        is_own = origin_of(link) == origin_of(url) and link != url
        is_page = has_pattern or (is_own and urlsplit(link).path != "/")
        if is_page and len(listing.entries) < MOST_ENTRIES:
            listing.entries.append(Entry(link, hash_of(link)))
    return listing


def _links(text: str, url: str) -> list[str]:
    found: list[str] = []
    base = [url]

    def take(token: Token) -> None:
        if not isinstance(token, Start):
            return
        link = token.attributes.get("href") or ""
        if token.tag == "base" and link:
            base[0] = joined(url, link) or url
        elif token.tag == "a" and link and not link.startswith("#"):
            address = joined(base[0], link)
            found.extend([address] if address else [])

    tokenize(text, url, take)
    return found
