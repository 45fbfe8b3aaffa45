"""Reads the metadata of an HTML page: its own address, and when it was published."""

from collections import deque
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from digest.catalog.intake.cleaning import clean_line
from digest.catalog.intake.dates import parse_published
from digest.catalog.intake.json_form.strict_json import JsonTextError, load_json
from digest.catalog.intake.urls import is_importable

Attributes = Mapping[str, str | None]


class HtmlMetadata:
    """Collects metadata while the page streams by; what is no absolute address or date is skipped.

    The address: `<link rel=canonical>`, else `og:url`. The date: `article:published_time` or
    `itemprop=datePublished`, else JSON-LD's datePublished, else the first visible `<time>`.
    """

    def __init__(self) -> None:
        self._canonical: list[str] = []
        self._shared: list[str] = []
        self._stated: list[str] = []
        self._times: list[str] = []
        self._linked_data: list[list[str]] = []

    def start(self, tag: str, attributes: Attributes, *, is_visible: bool) -> None:
        """Handle a start tag."""
        if not attributes:
            return
        if tag == "link" and "canonical" in _get(attributes, "rel").lower().split():
            self._canonical.append(_get(attributes, "href"))
        elif tag == "meta" and _get(attributes, "property").lower() == "og:url":
            self._shared.append(_get(attributes, "content"))
        elif tag == "meta" and _get(attributes, "property").lower() == "article:published_time":
            self._stated.append(_get(attributes, "content"))
        elif "itemprop" in attributes and _get(attributes, "itemprop") == "datePublished":
            self._stated.append(_get(attributes, "content") or _get(attributes, "datetime"))
        elif tag == "time" and is_visible:
            self._times.append(_get(attributes, "datetime"))
        elif tag == "script" and is_linked_data(attributes):
            self._linked_data.append([])

    def linked_data(self, text: str) -> None:
        """Handle the text of the script element that was last started, if it is JSON-LD."""
        self._linked_data[-1].append(text)

    def url(self) -> str | None:
        """Return the page's own address, or None."""
        addresses = (*self._canonical, *self._shared)
        return next((address for address in addresses if is_importable(address)), None)

    def published_at(self) -> datetime | None:
        """Return when the page was published, in UTC, or None."""
        for text in (*self._stated, *self._linked_dates(), *self._times):
            try:
                return parse_published(text, is_zone_needed=False)
            except ValueError:
                continue
        return None

    def _linked_dates(self) -> Iterator[str]:
        for pieces in self._linked_data:
            try:
                value = load_json("".join(pieces))
            except JsonTextError:
                continue
            yield from _dates_in(value)


def is_linked_data(attributes: Attributes) -> bool:
    """Return whether a script element with these attributes holds JSON-LD."""
    return _get(attributes, "type").lower() == "application/ld+json"


def _dates_in(value: Any) -> Iterator[str]:
    """Yield every datePublished, the outermost first."""
    waiting = deque([value])
    while waiting:
        value = waiting.popleft()
        if isinstance(value, dict):
            stated = value.get("datePublished")
            if isinstance(stated, str):
                yield stated.strip()
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _get(attributes: Attributes, name: str) -> str:
    return clean_line(attributes.get(name) or "")
