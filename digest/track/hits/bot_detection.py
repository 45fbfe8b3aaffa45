"""Which hits a machine made: stated rules over all hits of one delivery. Pure functions.

Gateways fetch what a mail links to before or after its reader does, with browsers' names and from
many addresses; no single sign is enough. Every rule here speaks of what machines do and readers
hardly ever do. A later hit may complete a pattern, so a delivery's hits are always judged together.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import crawleruseragents

SOON_CLICK, SOON_OPEN = timedelta(seconds=10), timedelta(seconds=2)
"""After arrival: too early for somebody who must first notice, open and read."""
UNREAD = timedelta(minutes=2)
"""So soon after arrival nobody follows a link in a mail whose pixel nobody has loaded."""
BURSTS = ((2, timedelta(seconds=1)), (3, timedelta(seconds=8)), (5, timedelta(seconds=40)))
"""So many different links within such a time, in the first hour, when gateways come."""
LATE_BURST = (5, timedelta(seconds=8))
"""The same later on, when it is rather somebody who opens a few links in tabs."""
FIRST = timedelta(hours=1)
SWEEP_SHARE, SWEEP_LINKS, SWEEP_TIME = 0.5, 5, timedelta(minutes=15)
"""Half of all links, and no fewer than five."""
COMPANY, CLOSE_COMPANY = timedelta(seconds=60), timedelta(seconds=2)
"""How far from a machine's hit one by the same program, or by any, is its work too."""
PROXIES = ("GoogleImageProxy", "YahooMailProxy", "ggpht.com", "OutlookMobileCloud")
"""They load a picture when a person opens the mail, in that person's stead."""
PREFETCHER = "Mozilla/5.0"
"""All that Apple's proxy says of itself. It loads every picture, whether or not anybody looks."""


class Rule(StrEnum):
    """Why a hit is a machine's; PERSON where no rule speaks against one."""

    PERSON = "person"
    FLAG = "flag"
    """The provider says so."""
    HEAD = "head"
    """No person's program asks for a link's head alone."""
    AGENT = "agent"
    """A program that says what it is, or says nothing."""
    NETWORK = "network"
    """From a network that belongs to a gateway's maker."""
    PREFETCH = "prefetch"
    HIDDEN = "hidden"
    """The link that no person sees."""
    SOON = "soon"
    UNREAD = "unread"
    BURST = "burst"
    SWEEP = "sweep"
    COMPANY = "company"
    """By a program, or at a moment, that belongs to another machine's hit."""


class ObservedHit(NamedTuple):
    """One hit. `link` is 0 for the pixel and -1 for a link whose number is unknown."""

    at: datetime
    link: int
    method: str = "GET"
    user_agent: str = ""
    network: str = ""
    hidden: bool = False
    flagged: bool = False


@dataclass(frozen=True, slots=True)
class DeliveryContext:
    """What the hits are on: when it arrived, if that is known; how many links it has; a pixel."""

    arrived: datetime | None = None
    links: int = 0
    pixel: bool = True


def classify(hits: Sequence[ObservedHit], mail: DeliveryContext) -> list[Rule]:
    """The rule for each hit of one delivery, in their order; the order of `hits` does not matter.

    Each hit gets the first rule of `Rule` that speaks of it.
    """
    found: list[Rule | None] = [_alone(hit, mail) for hit in hits]
    for places, rule in ((_unread(hits, mail), Rule.UNREAD), *_patterns(hits, mail)):
        for place in places:
            found[place] = found[place] or rule
    for place in _accompanying(hits, found):
        found[place] = Rule.COMPANY
    return [rule or Rule.PERSON for rule in found]


def _alone(hit: ObservedHit, mail: DeliveryContext) -> Rule | None:
    """What a hit says by itself."""
    signs = (
        (Rule.FLAG, hit.flagged),
        (Rule.HEAD, hit.method == "HEAD"),
        (Rule.AGENT, is_bot_user_agent(hit.user_agent)),
        (Rule.NETWORK, bool(hit.network)),
        (Rule.PREFETCH, hit.link == 0 and hit.user_agent.strip() == PREFETCHER),
        (Rule.HIDDEN, hit.hidden),
        (Rule.SOON, _is_soon(hit, mail)),
    )
    return next((rule for rule, speaks in signs if speaks), None)


def _is_soon(hit: ObservedHit, mail: DeliveryContext) -> bool:
    early = SOON_CLICK if hit.link else SOON_OPEN
    return mail.arrived is not None and hit.at - mail.arrived < early


def _unread(hits: Sequence[ObservedHit], mail: DeliveryContext) -> list[int]:
    """Clicks just after arrival, before anybody's program has loaded the pixel."""
    if mail.arrived is None or not mail.pixel:
        return []
    opened = min((hit.at for hit in hits if hit.link == 0), default=None)
    return [
        place
        for place, hit in enumerate(hits)
        if hit.link and hit.at - mail.arrived < UNREAD and (opened is None or hit.at < opened)
    ]


def _patterns(
    hits: Sequence[ObservedHit], mail: DeliveryContext
) -> Iterator[tuple[Collection[int], Rule]]:
    """What only several clicks say together."""
    clicks = sorted((hit.at, place) for place, hit in enumerate(hits) if hit.link)
    early = [one for one in clicks if mail.arrived is None or one[0] - mail.arrived < FIRST]
    for most, within in BURSTS:
        yield _crowded(hits, early, most, within), Rule.BURST
    yield _crowded(hits, clicks, *LATE_BURST), Rule.BURST
    if mail.links:
        most = max(SWEEP_LINKS, round(mail.links * SWEEP_SHARE))
        yield _crowded(hits, clicks, most, SWEEP_TIME), Rule.SWEEP


def _crowded(
    hits: Sequence[ObservedHit],
    clicks: Sequence[tuple[datetime, int]],
    most: int,
    within: timedelta,
) -> set[int]:
    """The clicks in any window of `within` that has `most` different links or more.

    Of several on one link the first: whoever goes through a mail takes each link once, and one
    who comes back to it meanwhile may well be the reader.
    """
    crowded: set[int] = set()
    start = 0
    for end, (at, _) in enumerate(clicks):
        while at - clicks[start][0] > within:
            start += 1
        if end - start + 1 < most:
            continue
        window = [place for _, place in reversed(clicks[start : end + 1])]
        first = {(hits[place].link, hits[place].method): place for place in window}
        if len({link for link, _ in first}) >= most:
            crowded.update(first.values())
    return crowded


def _accompanying(hits: Sequence[ObservedHit], found: Sequence[Rule | None]) -> list[int]:
    """Hits near one that gives a machine away which goes through the whole mail."""
    visits = [hit for hit, rule in zip(hits, found, strict=True) if rule in _VISITS]
    return [
        place
        for place, (hit, rule) in enumerate(zip(hits, found, strict=True))
        if rule is None and any(_belongs(hit, visit) for visit in visits)
    ]


_VISITS = frozenset({Rule.HEAD, Rule.NETWORK, Rule.HIDDEN, Rule.BURST, Rule.SWEEP})


def _belongs(hit: ObservedHit, visit: ObservedHit) -> bool:
    apart = abs(hit.at - visit.at)
    if hit.link == 0 and any(proxy in hit.user_agent for proxy in PROXIES):
        return False
    return apart <= (COMPANY if hit.user_agent == visit.user_agent else CLOSE_COMPANY)


@lru_cache(maxsize=16_384)
def is_bot_user_agent(user_agent: str) -> bool:
    """Whether a program says that it is one; those that stand in for a reader do not count."""
    if not user_agent.strip():
        return True
    if any(proxy in user_agent for proxy in PROXIES):
        return False
    return bool(crawleruseragents.is_crawler(user_agent))
