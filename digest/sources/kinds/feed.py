"""Reads RSS, Atom and JSON Feed: the pages that entries link to, and when they are dated.

An entry is known by the address that it links to: the ids of feeds change, and repeat.
"""

import json
import re
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from digest.catalog.intake.cleaning import printable
from digest.catalog.intake.dates import parse_published
from digest.catalog.intake.json_form.strict_json import JsonTextError, load_json
from digest.sources.errors import FetchError
from digest.sources.kinds.entry import Entry, Listing
from digest.sources.kinds.feed_reader import EXPECTED, MOST_ENTRIES, FeedEntry
from digest.sources.kinds.feed_tags import read_tags
from digest.sources.urls import hash_of, joined

JSON_FEED = "https://jsonfeed.org/version/"
_DATES = ("published", "created", "updated")
_YEAR = re.compile(r"(?<![\d+-])0\d{3}(?!\d)")
"""Of the first centuries: a date as mail writes them would take it for a year of two digits."""
_ZONE = re.compile(r" (?=[+-]\d\d:?\d\d$)")


def read_feed(body: bytes, url: str) -> Listing:
    """Return the pages that a feed links to. Raises FetchError for what is no feed."""
    if body.lstrip()[:1] == b"{":
        return _read_json_feed(body, url)
    feed = read_tags(body, url)
    if not feed.is_feed:
        raise FetchError(f"found no feed, expected {EXPECTED}", is_final=True)
    if not feed.is_whole and not feed.entries:
        raise FetchError(f"found a feed that ends in the middle, expected {EXPECTED}")
    listing = Listing()
    for number, entry in enumerate(feed.entries, 1):
        _take(listing, entry, number)
    return listing


def _take(listing: Listing, entry: FeedEntry, number: int) -> None:
    link = entry.link or entry.permalink
    address = joined(entry.base, link) if link else None
    if address is None:
        found = f"the link {printable(link)[:80]}" if link else "no link"
        listing.refused.append(f"entry {number}: found {found}, expected the address of a page")
        return
    stated = (entry.dates.get(name, "") for name in _DATES)
    dated = next((moment for one in stated if (moment := _moment(one))), None)
    listing.entries.append(Entry(address, hash_of(*entry.said), dated))


def _moment(text: str) -> datetime | None:
    """Return a time as RSS (RFC 822) or Atom (ISO 8601) writes it, in UTC; None for any other."""
    if not text or _YEAR.search(text):
        return None
    try:
        return parse_published(_ZONE.sub("", text), is_zone_needed=False)
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(text)
        return parse_published(moment.isoformat(), is_zone_needed=False)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def is_json_feed(value: Any) -> bool:
    """Return whether a JSON value is a JSON Feed (https://www.jsonfeed.org)."""
    return isinstance(value, dict) and str(value.get("version", "")).startswith(JSON_FEED)


def _read_json_feed(body: bytes, url: str) -> Listing:
    try:
        value = load_json(body.decode("utf-8-sig"))
    except (UnicodeDecodeError, JsonTextError):
        value = None
    if not is_json_feed(value) or not isinstance(value.get("items"), list):
        raise FetchError(f"found other JSON, expected {EXPECTED}", is_final=True)
    listing = Listing()
    for number, item in enumerate(value["items"][:MOST_ENTRIES], 1):
        link = item.get("url") if isinstance(item, dict) else None
        address = joined(url, link) if isinstance(link, str) and link else None
        if address is None:
            listing.refused.append(f"item {number}: found no url, expected the address of a page")
            continue
        entry = Entry(address, hash_of(json.dumps(item, sort_keys=True)), _stated(item))
        listing.entries.append(entry)
    return listing


def _stated(item: dict[str, Any]) -> datetime | None:
    for name in ("date_published", "date_modified"):
        try:
            return parse_published(str(item.get(name, "")).strip(), is_zone_needed=False)
        except ValueError:
            continue
    return None
