"""Detects which hits a machine made, by stated rules over all hits of one delivery.

Mail gateways fetch a message's links before or after its reader does, with browsers' user agents
and from many addresses, so no single sign is enough. Every rule describes what machines do and
readers hardly ever do. A later hit may complete a pattern, so a delivery's hits are always
classified together, as far as MAX_TOGETHER. Pure functions, linear in the hits.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import crawleruseragents

from digest.track.hits.patterns import Moments, burst_places

SOON_CLICK, SOON_OPEN = timedelta(seconds=10), timedelta(seconds=2)
"""Time after arrival that is too short for a reader to notice, open and read."""
UNREAD = timedelta(minutes=2)
"""Time after arrival in which no reader clicks before the pixel was loaded."""
BURSTS = ((2, timedelta(seconds=1)), (3, timedelta(seconds=8)), (5, timedelta(seconds=40)))
"""Number of different links and the time they take, in the first hour, when gateways scan."""
LATE_BURST = (5, timedelta(seconds=8))
"""The same after the first hour, when a reader may open several links in tabs."""
FIRST = timedelta(hours=1)
SWEEP_SHARE, SWEEP_LINKS, SWEEP_TIME = 0.5, 5, timedelta(minutes=15)
"""Half of all links, at least five, within a quarter of an hour."""
COMPANY, CLOSE_COMPANY = timedelta(seconds=60), timedelta(seconds=2)
"""How near a machine's hit another one by the same user agent, or by any, is the machine's too."""
MAX_USER_AGENT_LENGTH = 300
"""Characters of a user agent that are looked at."""
MAX_TOGETHER = 1_000
"""Hits of one delivery that are classified together, the first that were stored. No reader makes
so many; whatever comes after them is a machine's, or nobody's that could still be told apart."""
PROXIES = ("GoogleImageProxy", "YahooMailProxy", "ggpht.com", "OutlookMobileCloud")
"""Proxies that load a picture when a person opens the message."""
PREFETCHER = "Mozilla/5.0"
"""The user agent of Apple's proxy, which loads every picture whether or not anybody looks."""


class Rule(StrEnum):
    """Why a hit is a machine's; PERSON if no rule applies. The values are stored."""

    PERSON = "person"
    FLAG = "flag"
    """The provider flagged it."""
    HEAD = "head"
    """A HEAD request; no browser sends one for a link."""
    AGENT = "agent"
    """A user agent that names a bot, or none at all."""
    NETWORK = "network"
    """From a network of a mail gateway's maker."""
    PREFETCH = "prefetch"
    HIDDEN = "hidden"
    """The hidden link, which no person sees."""
    SOON = "soon"
    UNREAD = "unread"
    BURST = "burst"
    SWEEP = "sweep"
    COMPANY = "company"
    """Near another machine hit in time, by the same user agent or at the same moment."""
    FLOOD = "flood"
    """Beyond the first MAX_TOGETHER hits of one delivery; classified by its place alone."""


class ObservedHit(NamedTuple):
    """One hit. `link` is 0 for the pixel and -1 for a link with an unknown number."""

    at: datetime
    link: int
    method: str = "GET"
    user_agent: str = ""
    network: str = ""
    hidden: bool = False
    flagged: bool = False
    decided: str | None = None
    """The rule that stands, where the user agent that it rests on was deleted since."""


@dataclass(frozen=True, slots=True)
class DeliveryContext:
    """The message of the hits: when it arrived (if known), its number of links, and its pixel."""

    arrived: datetime | None = None
    links: int = 0
    pixel: bool = True


def classify(hits: Sequence[ObservedHit], context: DeliveryContext) -> list[Rule]:
    """Returns the rule for each hit of one delivery; the order of `hits` does not matter.

    Each hit gets the first rule of `Rule` that applies to it.
    """
    found: list[Rule | None] = [_single_hit_rule(hit, context) for hit in hits]
    for places, rule in ((_unread(hits, context), Rule.UNREAD), *_patterns(hits, context)):
        for place in places:
            found[place] = found[place] or rule
    for place in _near_visits(hits, found):
        found[place] = Rule.COMPANY
    return [rule or Rule.PERSON for rule in found]


def _single_hit_rule(hit: ObservedHit, context: DeliveryContext) -> Rule | None:
    """Returns the rule that applies to a hit by itself, or the one that was decided before."""
    if hit.decided is not None:
        return Rule(hit.decided)
    signs = (
        (Rule.FLAG, hit.flagged),
        (Rule.HEAD, hit.method == "HEAD"),
        (Rule.AGENT, is_bot_user_agent(hit.user_agent)),
        (Rule.NETWORK, bool(hit.network)),
        (Rule.PREFETCH, hit.link == 0 and hit.user_agent.strip() == PREFETCHER),
        (Rule.HIDDEN, hit.hidden),
        (Rule.SOON, _is_soon(hit, context)),
    )
    return next((rule for rule, applies in signs if applies), None)


def _is_soon(hit: ObservedHit, context: DeliveryContext) -> bool:
    early = SOON_CLICK if hit.link else SOON_OPEN
    return context.arrived is not None and hit.at - context.arrived < early


def _unread(hits: Sequence[ObservedHit], context: DeliveryContext) -> list[int]:
    """Returns places of clicks just after arrival, before anything has loaded the pixel."""
    if context.arrived is None or not context.pixel:
        return []
    opened = min((hit.at for hit in hits if hit.link == 0), default=None)
    return [
        place
        for place, hit in enumerate(hits)
        if hit.link and hit.at - context.arrived < UNREAD and (opened is None or hit.at < opened)
    ]


def _patterns(
    hits: Sequence[ObservedHit], context: DeliveryContext
) -> Iterator[tuple[Collection[int], Rule]]:
    """Returns places of clicks that form a burst or a sweep."""
    keys = [(hit.link, hit.method) for hit in hits]
    clicks = sorted((hit.at, place) for place, hit in enumerate(hits) if hit.link)
    early = [one for one in clicks if context.arrived is None or one[0] - context.arrived < FIRST]
    for most, within in BURSTS:
        yield burst_places(early, keys, most, within), Rule.BURST
    yield burst_places(clicks, keys, *LATE_BURST), Rule.BURST
    if context.links:
        most = max(SWEEP_LINKS, round(context.links * SWEEP_SHARE))
        yield burst_places(clicks, keys, most, SWEEP_TIME), Rule.SWEEP


def _near_visits(hits: Sequence[ObservedHit], found: Sequence[Rule | None]) -> list[int]:
    """Returns the places of hits near a machine's hit that scans the whole message."""
    visits = [hit for hit, rule in zip(hits, found, strict=True) if rule in _VISITS]
    by_agent = Moments((hit.user_agent, hit.at) for hit in visits)
    by_anyone = Moments((None, hit.at) for hit in visits)
    return [
        place
        for place, (hit, rule) in enumerate(zip(hits, found, strict=True))
        if rule is None
        and not _is_readers_picture(hit)
        and (
            by_agent.has_near(hit.user_agent, hit.at, COMPANY)
            or by_anyone.has_near(None, hit.at, CLOSE_COMPANY)
        )
    ]


_VISITS = frozenset({Rule.HEAD, Rule.NETWORK, Rule.HIDDEN, Rule.BURST, Rule.SWEEP})


def _is_readers_picture(hit: ObservedHit) -> bool:
    """Returns True for a pixel that was loaded by a proxy which stands for a reader."""
    return hit.link == 0 and any(proxy in hit.user_agent for proxy in PROXIES)


def is_bot_user_agent(user_agent: str) -> bool:
    """Returns whether a user agent names a bot or is empty; readers' image proxies are no bots."""
    return _names_bot(user_agent[:MAX_USER_AGENT_LENGTH])


@lru_cache(maxsize=16_384)
def _names_bot(user_agent: str) -> bool:
    if not user_agent.strip():
        return True
    if any(proxy in user_agent for proxy in PROXIES):
        return False
    return bool(crawleruseragents.is_crawler(user_agent))
