"""Tells the time between two issues of a series, and whether an issue may speak of it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise


class Span(StrEnum):
    """What a schedule's rule makes of an issue; OPEN where issues come at no fixed distance."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    OPEN = "open"

    @property
    def length(self) -> timedelta:
        """How long it is at most; a week where it is open."""
        return timedelta(days={Span.DAY: 1, Span.MONTH: 31}.get(self, 7))


SLACK = timedelta(hours=1)
"""Clocks go forward and back between two issues."""


def span_between(due_times: Iterable[datetime]) -> Span:
    """Return the span of a schedule that comes due at these times, which are in order."""
    times = list(due_times)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    for span, least in ((Span.DAY, 1), (Span.WEEK, 7), (Span.MONTH, 28)):
        shortest, longest = timedelta(days=least) - SLACK, span.length + SLACK
        if gaps and all(shortest <= gap <= longest for gap in gaps):
            return span
    return Span.OPEN


def said_span(span: Span, published: Iterable[datetime], until: datetime) -> Span:
    """Return `span` if all was published within it, as "this week" says; else OPEN."""
    start = until - span.length - SLACK
    return span if all(start <= moment <= until for moment in published) else Span.OPEN
