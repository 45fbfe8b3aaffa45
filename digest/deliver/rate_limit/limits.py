"""The limits themselves, and how they are written in settings.

Messages per second and per day, for all mail and for one recipient domain; and a warm-up:

    20                      messages a second
    30/min 500/hour         messages a minute and an hour, counted from the first of them
    20/s 5000/day           and no more than so many in a day, which begins at 00:00 UTC
    gmail.com=20/s 50000/day, yahoo.com=5/s
    2026-12-01 200 x1.5     200 a day up to and on that date, then 1.5 times as many each day
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType

from subscribers.addresses import AddressError, parse_address

ANY_DOMAIN = ""
"""Names the limit on all mail, and the queue of mail to domains that have no limit."""
MAX_PER_DAY = 1_000_000_000
"""More than that is no limit; it keeps a warm-up of years from leaving what numbers can hold."""
MAX_GROWTH = 100
MAX_DOMAINS = 100
"""Each is a condition that every recipient is compared with when an issue's audience is frozen."""

_PART = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(/s|/min|/hour|/day)?", re.ASCII)
_WARM_UP = re.compile(r"(\d{4}-\d\d-\d\d)\s+(\d{1,9})\s+x(\d{1,3}(?:\.\d{1,9})?)", re.ASCII)
_LIMIT_LIKE = "should look like 20, 20/s, 30/min, 500/hour, 5000/day or 20/s 5000/day"
_DOMAINS_LIKE = "should look like gmail.com=20/s 50000/day, yahoo.com=5/s"
_WARM_UP_LIKE = "should look like 2026-12-01 200 x1.5 (from when, how many a day, times what)"


@dataclass(frozen=True, slots=True)
class Limit:
    """Messages per second (0: any number), per day in UTC, per minute and hour (None: any number).

    Minutes and hours begin with their first message, as servers count them.
    """

    per_second: float = 0
    per_day: int | None = None
    per_minute: int | None = None
    per_hour: int | None = None

    def __bool__(self) -> bool:
        counted = (self.per_minute, self.per_hour, self.per_day)
        return bool(self.per_second) or any(one is not None for one in counted)

    def batch_size(self, maximum: int) -> int:
        """Return `maximum`, or one second's worth if less, so the rate holds within a batch too."""
        return min(maximum, max(1, int(self.per_second))) if self.per_second else maximum

    def __str__(self) -> str:
        parts = [f"{self.per_second:,g} a second"] if self.per_second else []
        parts += [f"{self.per_minute:,} a minute"] if self.per_minute is not None else []
        parts += [f"{self.per_hour:,} an hour"] if self.per_hour is not None else []
        parts += [f"{self.per_day:,} a day"] if self.per_day is not None else []
        return " and ".join(parts) or "no limit"


@dataclass(frozen=True, slots=True)
class WarmUp:
    """A daily limit that grows, for a sender that mailbox providers don't know yet."""

    since: date
    first: int
    growth: float

    def per_day(self, day: date) -> int | None:
        """Return the limit of that day; None once it is more than anybody mails."""
        days = max(0, (day - self.since).days)
        if math.log(self.first) + days * math.log(self.growth) > math.log(MAX_PER_DAY):
            return None
        return int(self.first * self.growth**days)


@dataclass(frozen=True, slots=True)
class Limits:
    """One provider's limits: on all mail, and on mail to single domains. Falsy without any."""

    all_mail: Limit = Limit()
    domains: Mapping[str, Limit] = field(default_factory=lambda: MappingProxyType({}))
    warm_up: WarmUp | None = None

    def __bool__(self) -> bool:
        return bool(self.all_mail or self.domains or self.warm_up)

    def on(self, day: date) -> dict[str, Limit]:
        """Return that day's limits by domain, `ANY_DOMAIN` for the one on all mail."""
        all_mail = self.all_mail
        warm_up = self.warm_up.per_day(day) if self.warm_up else None
        if warm_up is not None:
            per_day = warm_up if all_mail.per_day is None else min(warm_up, all_mail.per_day)
            all_mail = replace(all_mail, per_day=per_day)
        return ({ANY_DOMAIN: all_mail} if all_mail else {}) | dict(self.domains)

    def batch_size(self, maximum: int) -> int:
        """Return how many recipients a batch may have, where the provider takes `maximum`."""
        return self.all_mail.batch_size(maximum)

    def domain_batch_sizes(self, maximum: int) -> dict[str, int]:
        """Return the batch size of each domain that gets its own batches."""
        size = self.batch_size(maximum)
        return {domain: limit.batch_size(size) for domain, limit in self.domains.items()}


def parse_limit(text: str) -> Limit:
    """Parse one limit; empty text and 0 per second are no limit.

    Raises:
        ValueError: The text is no limit; the message says what one looks like.
    """
    found: dict[str, str] = {}
    for part in text.split():
        match = _PART.fullmatch(part)
        unit = match[2] or "/s" if match else None
        if not match or unit is None or unit in found:
            raise ValueError(_LIMIT_LIKE)
        found[unit] = match[1]
    counted = [found.get(unit) for unit in ("/day", "/min", "/hour")]
    if any(one is not None and ("." in one or not int(one)) for one in counted):
        raise ValueError(_LIMIT_LIKE)
    return Limit(float(found.get("/s", 0)), *[int(one) if one else None for one in counted])


def parse_domain_limits(text: str) -> dict[str, Limit]:
    """Parse limits by domain, each domain in the form that addresses on the list have.

    Raises:
        ValueError: The text is not such a list; the message says what is wrong.
    """
    limits: dict[str, Limit] = {}
    for entry in filter(None, map(str.strip, text.split(","))):
        name, separator, amount = entry.partition("=")
        if not separator:
            raise ValueError(_DOMAINS_LIKE)
        try:
            domain = parse_address(f"x@{name.strip().lower()}").key.rpartition("@")[2]
            limit = parse_limit(amount)
        except AddressError:
            msg = f"{name.strip()} is no domain; it {_DOMAINS_LIKE}"
            raise ValueError(msg) from None
        except ValueError as error:
            msg = f"the limit of {domain} {error}"
            raise ValueError(msg) from None
        if domain in limits:
            msg = f"{domain} is named twice"
            raise ValueError(msg)
        if limit:
            limits[domain] = limit
    if len(limits) > MAX_DOMAINS:
        msg = f"names {len(limits)} domains; {MAX_DOMAINS} are the most"
        raise ValueError(msg)
    return limits


def parse_warm_up(text: str) -> WarmUp | None:
    """Parse a warm-up; None for empty text.

    Raises:
        ValueError: The text is no warm-up; the message says what one looks like.
    """
    if not text.strip():
        return None
    match = _WARM_UP.fullmatch(text.strip())
    if not match:
        raise ValueError(_WARM_UP_LIKE)
    try:
        since = date.fromisoformat(match[1])
    except ValueError:
        msg = f"{match[1]} is no date; it {_WARM_UP_LIKE}"
        raise ValueError(msg) from None
    first, growth = int(match[2]), float(match[3])
    if not first or not 1 < growth <= MAX_GROWTH:
        msg = f"needs at least 1 a day and to grow, by x{MAX_GROWTH} at most; it {_WARM_UP_LIKE}"
        raise ValueError(msg)
    return WarmUp(since, first, growth)
