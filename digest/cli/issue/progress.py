"""Words how far a sending is, at which rate, and when it will be through: in one line."""

from datetime import UTC, datetime, timedelta

from digest.cli.common import format_time
from digest.deliver.ledger.outlook import (
    estimated_end,
    rate_words,
    settled_count,
    waiting_reason,
)
from digest.deliver.ledger.progress import Progress
from digest.deliver.rate_limit.limits import Limits

SOON = timedelta(hours=1)
"""An end further off than that is a time of day."""


def progress_line(progress: Progress, audience: int, rate: float, now: datetime) -> str:
    """Return the line to show; `rate` is messages a second, 0 where it is not known yet."""
    through = settled_count(progress)
    parts = [f"{through:,} of {audience:,}"]
    if rate:
        parts.append(rate_words(rate))
    end = estimated_end(progress, audience - through, rate, now)
    if end is not None:
        parts.append(_in_words(end, now))
    if not rate and (why := waiting_reason(progress, format_time)):
        parts.append(why)
    return ", ".join(parts)


def outlook_lines(progress: Progress, limits: Limits, now: datetime) -> list[str]:
    """Describe a sending from outside: its limits today, what it waits for, its earliest end."""
    today = limits.on(now.astimezone(UTC).date())
    lines = [
        f"limit: {limit}{f' to {domain}' if domain else ''}" for domain, limit in today.items()
    ]
    if why := waiting_reason(progress, format_time):
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
