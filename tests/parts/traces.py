"""Labelled traces of hits: what readers and gateways leave behind, by a documented model.

A trace is one delivery: when it arrived, and its hits, each with whether a machine made it. The
model is ours; its figures are of the kind that operators and studies report (gateways go through
all links a median 43 s after sending; Apple's proxy loads pictures within hours, whoever looks).
It knows nothing of the rules in `digest.track.hits.bot_detection`. Their limits for bursts and
sweeps were loosened once after a first look at these traces, so figures on recorded traffic may be
lower.

Readers
- `reader`: notices after a log-normal time (median 2 h, from 20 s on), opens, and of five one
  clicks 1 to 4 links, 2 to 200 s apart; some open links in tabs, half a second to 4 s apart; some
  block pictures.
- `gmail`, `yahoo`: the same, the pixel through the image proxy.
- `apple`: the proxy loads the pixel within hours; the reader clicks like any other.
- `forwarder`: a second person, with another program, opens and clicks hours later.
- `office`: a reader behind one address with many others and the same browser as the gateway's.

Machines
- `sweeper` (Barracuda's kind): every link, the hidden one too, within seconds.
- `patient` (Proofpoint's kind): every link that is seen, 3 to 30 s apart, from minutes on.
- `detonator` (Defender's kind): HEAD or GET of some links soon after arrival, browsers' names.
- `sampler`: one or two links, about 43 s after arrival, a browser's name, no pixel.
- `prefetcher`: a corporate cache that loads the pixel at once and follows nothing.
- `crawler`: a program that says what it is (a chat's link preview, a library).
Behind a gateway there is a reader as above.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from digest.track.hits.bot_detection import DeliveryContext, ObservedHit

ARRIVED = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
LINKS = 20
HIDDEN = LINKS + 1
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0.0.0 Safari/537.36"
)
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"
OLD_CHROME = CHROME.replace("130", "109")
BROWSERS = (CHROME, PHONE, FIREFOX, CHROME.replace("130", "131"))
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
YAHOO = "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"
APPLE = "Mozilla/5.0"
SAY_SO = ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", "python-requests/2.32.3")


@dataclass
class Trace:
    kind: str
    mail: DeliveryContext
    hits: list[ObservedHit] = field(default_factory=list)
    machine: list[bool] = field(default_factory=list)

    def add(
        self, after: float, link: int, agent: str, *, machine: bool, method: str = "GET"
    ) -> None:
        at = ARRIVED + timedelta(seconds=after)
        self.hits.append(ObservedHit(at, link, method, agent, hidden=link == HIDDEN))
        self.machine.append(machine)


def traces(each: int, seed: int = 20260304) -> Iterator[Trace]:
    """So many of each kind, in random order of hits: what comes later may be written first."""
    chance = random.Random(seed)
    for _ in range(each):
        for kind in (*READERS, *MACHINES):
            trace = Trace(kind, DeliveryContext(ARRIVED, LINKS))
            (READERS | MACHINES)[kind](trace, chance)
            order = list(range(len(trace.hits)))
            chance.shuffle(order)
            trace.hits = [trace.hits[place] for place in order]
            trace.machine = [trace.machine[place] for place in order]
            yield trace


def _reads(
    trace: Trace, chance: random.Random, pixel: str = "", *, clicks: float = 0.2, browser: str = ""
) -> None:
    browser = browser or chance.choice(BROWSERS)
    at = max(20.0, chance.lognormvariate(8.9, 1.6))
    if chance.random() > 0.15 and pixel != APPLE:
        trace.add(at, 0, pixel or browser, machine=False)
        if chance.random() < 0.3:
            trace.add(at + chance.uniform(600, 90_000), 0, pixel or browser, machine=False)
    if chance.random() < clicks:
        tabs = chance.random() < 0.15
        at += chance.uniform(4, 90)
        for link in chance.sample(range(1, LINKS + 1), chance.choice((1, 1, 1, 2, 2, 3, 4))):
            trace.add(at, link, browser, machine=False)
            at += chance.uniform(0.5, 4) if tabs else chance.uniform(2, 200)


def _apple(trace: Trace, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 1, 2))):
        trace.add(chance.uniform(1, 20_000), 0, APPLE, machine=True)
    _reads(trace, chance, APPLE, browser=PHONE)


def _forwarder(trace: Trace, chance: random.Random) -> None:
    _reads(trace, chance)
    later = chance.uniform(3_600, 200_000)
    trace.add(later, 0, FIREFOX, machine=False)
    trace.add(later + chance.uniform(5, 60), chance.randint(1, LINKS), FIREFOX, machine=False)


def _sweeper(trace: Trace, chance: random.Random) -> None:
    at = chance.lognormvariate(3.76, 0.8)
    agent = chance.choice(BROWSERS)
    if chance.random() < 0.7:
        trace.add(at, 0, agent, machine=True)
    links = list(range(1, HIDDEN + 1))
    for link in links:
        at += chance.expovariate(3)
        method = "HEAD" if chance.random() < 0.1 else "GET"
        trace.add(at, link, agent, machine=True, method=method)
    _reads(trace, chance)


def _patient(trace: Trace, chance: random.Random) -> None:
    at = chance.uniform(60, 900)
    seen = list(range(1, LINKS + 1))
    chance.shuffle(seen)
    for link in seen:
        trace.add(at, link, chance.choice(BROWSERS), machine=True)
        at += chance.uniform(3, 30)
    _reads(trace, chance)


def _detonator(trace: Trace, chance: random.Random) -> None:
    at = chance.uniform(1, 40)
    for link in chance.sample(range(1, HIDDEN + 1), chance.randint(3, 10)):
        trace.add(at, link, OLD_CHROME, machine=True, method=chance.choice(("HEAD", "GET")))
        at += chance.uniform(0.1, 2)
    _reads(trace, chance)


def _sampler(trace: Trace, chance: random.Random) -> None:
    at = chance.lognormvariate(3.76, 0.6)
    for link in chance.sample(range(1, HIDDEN + 1), chance.choice((1, 1, 2))):
        trace.add(at, link, chance.choice(BROWSERS), machine=True)
        at += chance.uniform(0.1, 6)
    _reads(trace, chance)


def _prefetcher(trace: Trace, chance: random.Random) -> None:
    trace.add(chance.uniform(0, 3), 0, chance.choice(BROWSERS), machine=True)
    _reads(trace, chance)


def _crawler(trace: Trace, chance: random.Random) -> None:
    _reads(trace, chance, clicks=1)
    agent = chance.choice(SAY_SO)
    trace.add(chance.uniform(100, 90_000), chance.randint(1, LINKS), agent, machine=True)


def _office(trace: Trace, chance: random.Random) -> None:
    """The gateway shows the browser that everybody in the office has."""
    at = chance.lognormvariate(3.76, 0.8)
    for link in range(1, HIDDEN + 1):
        trace.add(at, link, CHROME, machine=True)
        at += chance.uniform(0.05, 1)
    _reads(trace, chance, clicks=0.5, browser=CHROME)


Model = Callable[[Trace, random.Random], None]
READERS: dict[str, Model] = {
    "reader": lambda trace, chance: _reads(trace, chance, clicks=0.4),
    "gmail": lambda trace, chance: _reads(trace, chance, GMAIL),
    "yahoo": lambda trace, chance: _reads(trace, chance, YAHOO),
    "apple": _apple,
    "forwarder": _forwarder,
}
MACHINES: dict[str, Model] = {
    "sweeper": _sweeper,
    "patient": _patient,
    "detonator": _detonator,
    "sampler": _sampler,
    "prefetcher": _prefetcher,
    "crawler": _crawler,
    "office": _office,
}
