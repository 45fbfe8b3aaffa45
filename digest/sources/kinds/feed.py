"""Reads RSS, Atom and JSON Feed: the pages that entries link to, and when they are dated.

An entry is known by the address that it links to: the ids of feeds change, and repeat.
"""

import json
from datetime import datetime
from typing import Any

from digest.catalog.intake.dates import parse_published
from digest.catalog.intake.json_form.strict_json import JsonTextError, load_json
from digest.sources.errors import FetchError
from digest.sources.kinds.entry import Entry, Listing
from digest.sources.kinds.feed_process import read_apart
from digest.sources.kinds.feed_xml import EXPECTED, read_xml_feed
from digest.sources.urls import HostNames, hash_of, joined

JSON_FEED = "https://jsonfeed.org/version/"
MOST_ITEMS = 5_000
"""Of a JSON Feed, which is read here however large it is: some 150 ms."""
MAX_READ_HERE = 32_768
"""Bytes of XML: the worst of them take feedparser a quarter of a second."""


def read_feed(body: bytes, url: str, media_type: str = "") -> Listing:
    """Return the pages that a feed links to. Raises FetchError for what is no feed.

    A large one in XML is read in a process of its own, which ends if it takes too long.
    """
    if body.lstrip()[:1] == b"{":
        return _read_json_feed(body, url)
    if len(body) > MAX_READ_HERE:
        return read_apart(body, url, media_type)
    return read_xml_feed(body, url, media_type)


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
    listing, hosts = Listing(), HostNames()
    for number, item in enumerate(value["items"][:MOST_ITEMS], 1):
        link = item.get("url") if isinstance(item, dict) else None
        address = joined(url, link, hosts) if isinstance(link, str) and link else None
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
