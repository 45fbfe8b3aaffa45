"""Words how far a sending is, at which rate, and when it will be through: in one line."""

from collections import deque
from datetime import UTC, datetime, timedelta

from digest.cli.common import format_time
from digest.deliver.ledger.progress import Progress
from digest.deliver.rate_limit.limits import Limits

DONE = ("submitted", "delivered", "bounced", "complained", "failed", "uncertain", "suppressed")
RECENT = 30.0
"""Seconds that a rate is taken over."""
SOON = timedelta(hours=1)
"""An end further off than that is a time of day."""


def settled_count(progress: Progress) -> int:
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


def progress_line(progress: Progress, audience: int, rate: float, now: datetime) -> str:
    """Return the line to show; `rate` is messages a second, 0 where it is not known yet."""
    through = settled_count(progress)
    parts = [f"{through:,} of {audience:,}"]
    if rate:
        parts.append(f"{rate:,.0f} a second" if rate >= 1 else f"{rate * 60:,.0f} a minute")
    end = estimated_end(progress, audience - through, rate, now)
    if end is not None:
        parts.append(_in_words(end, now))
    if not rate and (why := waiting_reason(progress)):
        parts.append(why)
    return ", ".join(parts)


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


def waiting_reason(progress: Progress) -> str:
    """Return why nothing goes out now, and when it does again; empty where that is unknown."""
    if progress.throttled:
        return f"{progress.throttled.reason}; goes on {format_time(progress.throttled.until)}"
    if progress.next_due:
        why = f"{progress.held_because}; " if progress.held_because else ""
        return f"{why}a retry is due {format_time(progress.next_due)}"
    return ""


def outlook_lines(progress: Progress, limits: Limits, now: datetime) -> list[str]:
    """Describe a sending from outside: its limits today, what it waits for, its earliest end."""
    today = limits.on(now.astimezone(UTC).date())
    lines = [
        f"limit: {limit}{f' to {domain}' if domain else ''}" for domain, limit in today.items()
    ]
    if why := waiting_reason(progress):
        lines.append(why)
    if progress.earliest_finish and progress.earliest_finish > now:
        lines.append(f"through at the soonest {format_time(progress.earliest_finish)}")
    return lines


def _in_words(end: datetime, now: datetime) -> str:
    left = end - now
    if left < timedelta(minutes=2):
        return f"{left.total_seconds():,.0f} s left"
    if left <= SOON:
        return f"{left.total_seconds() / 60:,.0f} min left"
    return f"done about {format_time(end)}"
