"""Estimate a sending's rate and its end, and word what it waits for."""

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

from digest.deliver.ledger.progress import Progress

DONE = ("submitted", "delivered", "bounced", "complained", "failed", "uncertain", "suppressed")
RECENT = 30.0
"""Seconds that a rate is taken over."""


def settled_count(progress: Progress) -> int:
    """Return how many deliveries nothing is left to do for."""
    return sum(progress.counts[state] for state in DONE)


class Rate:
    """Measures messages a second over the last half minute; an earlier run does not count."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()

    def update(self, amount: int, at: float) -> float:
        """Return the rate now that `amount` are done, at `at` seconds of any steady clock, or 0."""
        self._samples.append((at, amount))
        while len(self._samples) > 2 and at - self._samples[1][0] >= RECENT:  # noqa: PLR2004 - two make a rate
            self._samples.popleft()
        since, before = self._samples[0]
        return (amount - before) / (at - since) if at > since else 0.0


def rate_words(rate: float) -> str:
    """Return a rate of messages a second in words, by the minute where it is slow."""
    return f"{rate:,.0f} a second" if rate >= 1 else f"{rate * 60:,.0f} a minute"


def estimated_end(progress: Progress, left: int, rate: float, now: datetime) -> datetime | None:
    """Return when it will be through: by its speed, but not before limits and retries let it.

    None where nothing can be told yet.
    """
    if not left:
        return now
    try:
        by_speed = now + timedelta(seconds=left / rate) if rate else None
    except OverflowError:
        by_speed = None
    if progress.earliest_finish is None:
        return by_speed
    return max(progress.earliest_finish, by_speed or now)


def waiting_reason(progress: Progress, format_time: Callable[[datetime], str]) -> str:
    """Return why nothing goes out now, and when it does again; empty where that is unknown."""
    if progress.throttled:
        return f"{progress.throttled.reason}; goes on {format_time(progress.throttled.until)}"
    if progress.next_due:
        why = f"{progress.held_because}; " if progress.held_because else ""
        return f"{why}a retry is due {format_time(progress.next_due)}"
    return ""
