"""Reads RSS and Atom through feedparser: the pages that entries link to, and when they are dated.

It is given bytes, never an address.
"""

import re
from calendar import timegm
from datetime import UTC, datetime
from typing import Any

import feedparser

from digest.catalog.intake.cleaning import printable
from digest.catalog.intake.dates import FIRST_YEAR, LAST_YEAR
from digest.sources.errors import FetchError
from digest.sources.kinds.entry import MOST_ENTRIES, Entry, Listing
from digest.sources.urls import HostNames, hash_of, joined

_DATES = ("published_parsed", "created_parsed", "updated_parsed")
_VERSIONED = ("title", "published", "updated", "summary")
_LONG_TAG = re.compile(rb"<[A-Za-z][^<>]{4000,}")
_ATTRIBUTE = re.compile(rb"[\s=]")
MOST_ATTRIBUTES = 1_000
"""Of one tag: the library takes time by their square."""
EXPECTED = "a feed in RSS, Atom or JSON Feed"


def read_xml_feed(body: bytes, url: str, media_type: str = "") -> Listing:
    """Return the pages that a feed in RSS or Atom links to. Raises FetchError."""
    if any(len(_ATTRIBUTE.findall(tag)) > MOST_ATTRIBUTES for tag in _LONG_TAG.findall(body)):
        raise FetchError(
            f"found a tag with more than {MOST_ATTRIBUTES:,} attributes, expected {EXPECTED}",
            is_final=True,
        )
    headers = {"content-location": url, "content-type": media_type or "application/xml"}
    try:
        feed = feedparser.parse(
            body, response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except Exception as error:  # noqa: BLE001 - it raises whatever its readers stumbled over
        raise FetchError(
            f"found a feed that can't be read ({type(error).__name__}), expected {EXPECTED}"
        ) from None
    if not feed.get("version"):
        raise FetchError(f"found no feed, expected {EXPECTED}", is_final=True)
    if feed.get("bozo") and not feed.entries and not _is_whole(body):
        raise FetchError(f"found a feed that ends in the middle, expected {EXPECTED}")
    listing, hosts = Listing(), HostNames()
    for number, entry in enumerate(feed.entries[:MOST_ENTRIES], 1):
        _take(listing, entry, url, number, hosts)
    return listing


def _is_whole(body: bytes) -> bool:
    end = body.rstrip()[-40:].lower()
    return end.endswith((b"</rss>", b"</feed>", b"</rdf:rdf>", b"/>"))


def _take(listing: Listing, entry: Any, base: str, number: int, hosts: HostNames) -> None:
    link = entry.get("link") or (entry.get("id") if entry.get("guidislink") else "") or ""
    address = joined(base, str(link), hosts) if link else None
    if address is None:
        found = f"the link {printable(str(link))[:80]}" if link else "no link"
        listing.refused.append(f"entry {number}: found {found}, expected the address of a page")
        return
    # What stands there: its own `get` takes one date for another, with a warning.
    stated = (dict.get(entry, name) for name in _DATES)
    dated = next((moment for one in stated if (moment := _moment(one))), None)
    parts = [str(dict.get(entry, name, "")) for name in _VERSIONED]
    parts += [str(one.get("value", "")) for one in entry.get("content", ())]
    listing.entries.append(Entry(address, hash_of(*parts), dated))


def _moment(parsed: Any) -> datetime | None:
    """Return a time as feedparser gives it, in UTC."""
    if not parsed or not FIRST_YEAR <= parsed[0] <= LAST_YEAR:
        return None
    try:
        return datetime.fromtimestamp(timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError):
        return None
