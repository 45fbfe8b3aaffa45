"""Keeps to what robots.txt asks (RFC 9309): a day old at most, unreachable means no.

A file that is not there allows everything; a server that can't answer for it allows nothing now.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from digest.sources.errors import FetchError
from digest.sources.http.client import HttpClient, Wanted
from digest.sources.http.robots_rules import RobotsRules, parse_robots
from digest.sources.urls import canonical_url

FRESH = timedelta(days=1)
LONGEST = 500 * 1024
"""Bytes that have to be read (RFC 9309, section 2.5)."""
PRODUCT = "verdict-digest"
"""The name that a robots.txt may address."""
_ANY = Wanted(("text/plain",), "robots.txt", LONGEST)


class _AnyType(Wanted):
    def accepts(self, media_type: str) -> bool:
        del media_type
        return True


@dataclass(frozen=True, slots=True)
class StoredRules:
    """The text of a robots.txt, and when it was read."""

    rules: str
    fetched_at: datetime


@dataclass(slots=True)
class Robots:
    """Answers for each address whether it may be asked for; `files` is kept between fetches."""

    client: HttpClient
    clock: Callable[[], datetime]
    files: dict[str, StoredRules] = field(default_factory=dict)
    _parsed: dict[str, RobotsRules] = field(default_factory=dict)

    def check(self, url: str) -> None:
        """Raise FetchError if the site does not want programs to read `url`."""
        parts = urlsplit(canonical_url(url) or url)
        site = f"{parts.scheme}://{parts.netloc}"
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        if not self._rules(site).allows(path):
            raise FetchError(f"{url}: {parts.netloc}'s robots.txt does not allow it", is_final=True)

    def _rules(self, site: str) -> RobotsRules:
        kept = self.files.get(site)
        if kept is None or self.clock() - kept.fetched_at >= FRESH:
            self.files[site] = StoredRules(self._ask(site), self.clock())
            self._parsed.pop(site, None)
        if site not in self._parsed:
            self._parsed[site] = parse_robots(self.files[site].rules, PRODUCT)
            self.client.rate.ask_for(site, self._parsed[site].crawl_delay)
        return self._parsed[site]

    def _ask(self, site: str) -> str:
        wanted = _AnyType(_ANY.types, _ANY.words, _ANY.limit)
        try:
            answer = self.client.get(f"{site}/robots.txt", wanted, check=lambda _: None)
        except FetchError as error:
            if error.status is not None and error.is_final:
                return ""  # not there, or not for us: no rules
            raise
        return (answer.body or b"").decode("utf-8", "replace").replace("\0", "")
