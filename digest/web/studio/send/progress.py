"""Reads how far a sending is: counts and their shares, rate, expected end, refusals."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from zoneinfo import ZoneInfo

from digest.deliver.ledger.outlook import (
    Rate,
    estimated_end,
    rate_words,
    settled_count,
    waiting_reason,
)
from digest.deliver.ledger.progress import Progress, progress_of
from digest.deliver.ledger.queries import HeardReply, common_replies, failure_codes
from digest.deliver.tables import DeliveryState
from digest.issues.days import issue_zone
from digest.issues.lifecycle import find_issue
from digest.issues.tables import IssueState
from digest.web.studio.context import StudioSite
from digest.web.studio.times import clock_words

MAX_REASONS = 8
READ_AGAIN_SECONDS = 1.0
"""How long a reading serves all pages that are open."""
MIN_REST = 20
"""A reading is not repeated before this many times the time that it took."""
STATES = {
    "delivered": "delivered",
    "submitted": "submitted, not yet confirmed",
    "complained": "reported as spam",
    "bounced": "bounced",
    "failed": "refused or given up",
    "uncertain": "uncertain: handed over, no answer came",
    "suppressed": "left out: must not be mailed",
    "submitting": "being submitted now",
    "queued": "waiting",
}
WIDTH = 1_000
"""The width of the bar, in its own units."""


@dataclass(frozen=True, slots=True)
class Part:
    """The deliveries in one state: a row of the table, and a piece of the bar."""

    state: str
    label: str
    count: int
    start: int
    width: int


@dataclass(frozen=True, slots=True)
class SendingView:
    """Everything that changes while an issue is being sent."""

    number: int
    state: str
    audience: int
    through: int
    parts: tuple[Part, ...]
    rate: str
    end: datetime | None
    end_words: str
    waits: str
    held_because: str
    is_idle: bool
    """Whether nobody works on it."""
    replies: tuple[HeardReply, ...]
    codes: tuple[tuple[str, int], ...]

    @property
    def share(self) -> int:
        """Return how much is through, in whole per cent; 100 only if all is."""
        return 100 * self.through // self.audience if self.audience else 0

    def count(self, state: str) -> int:
        return next((one.count for one in self.parts if one.state == state), 0)


def parts_of(counts: Mapping[str, int], audience: int) -> tuple[Part, ...]:
    """Return the states that somebody is in, with their places in the bar."""
    total = max(audience, sum(counts.values()), 1)
    parts: list[Part] = []
    before = 0
    for state, label in STATES.items():
        if not counts[state]:
            continue
        start = WIDTH * before // total
        before += counts[state]
        width = max(WIDTH * before // total - start, 4)
        parts.append(Part(state, label, counts[state], start, width))
    return tuple(parts)


@dataclass
class _Reading:
    """The last reading of one issue, and the rate over those before."""

    rate: Rate = field(default_factory=Rate)
    view: SendingView | None = None
    good_until: float = 0.0


class SendingMonitor:
    """Reads how far issues are: once for all pages that are open, and never in a hurry."""

    def __init__(self, site: StudioSite, steady: Callable[[], float] = monotonic) -> None:
        self._site = site
        self._steady = steady
        self._readings: dict[int, _Reading] = {}
        self._lock = threading.Lock()

    def read(self, number: int, state: str | None = None) -> SendingView:
        """Return the view of the issue, about a second old at most. Raises NoSuchIssueError.

        It is read anew if it was in another state than `state`, where that is given.
        """
        with self._lock:
            now = self._steady()
            reading = self._readings.get(number) or _Reading()
            is_of_before = state is not None and reading.view and reading.view.state != state
            if reading.view is None or is_of_before or now >= reading.good_until:
                reading.view = self._view(number, reading.rate)
                took = self._steady() - now
                reading.good_until = now + max(READ_AGAIN_SECONDS, MIN_REST * took)
                self._readings[number] = reading
            return reading.view

    def forget(self, number: int) -> None:
        """Read anew the next time: something was decided about the issue."""
        with self._lock:
            self._readings.pop(number, None)

    def _view(self, number: int, rate: Rate) -> SendingView:
        site = self._site
        now = site.clock()
        with site.store.read() as session:
            issue = find_issue(session, number)
            zone = issue_zone(session, issue)
            progress = progress_of(session, site.sending.limiter, number, now)
            replies = common_replies(session, number, MAX_REASONS)
            failed = progress.counts[DeliveryState.FAILED]
            codes = failure_codes(session, number, failed, MAX_REASONS) if failed else []
        is_sending = issue.state == IssueState.SENDING
        audience = issue.audience or 0
        through = settled_count(progress)
        speed = rate.update(through, self._steady()) if is_sending else 0.0
        end = estimated_end(progress, audience - through, speed, now) if is_sending else None
        return SendingView(
            number=number,
            state=issue.state,
            audience=audience,
            through=through,
            parts=parts_of(progress.counts, audience),
            rate=rate_words(speed) if speed else "",
            end=end,
            end_words=_end_words(end, now, zone) if end else "",
            waits=_waits(progress, zone) if is_sending else "",
            held_because=(issue.held_because or "") if issue.state == IssueState.PAUSED else "",
            is_idle=is_sending and not speed and _is_idle(progress),
            replies=tuple(replies),
            codes=tuple(codes),
        )


def _is_idle(progress: Progress) -> bool:
    waits = progress.next_due is not None
    return bool(progress.counts["queued"]) and not progress.counts["submitting"] and not waits


def _waits(progress: Progress, zone: ZoneInfo) -> str:
    return waiting_reason(progress, lambda moment: clock_words(moment, zone))


def _end_words(end: datetime, now: datetime, zone: ZoneInfo) -> str:
    left = end - now
    if left < timedelta(seconds=5):
        return "almost done"
    if left < timedelta(minutes=2):
        return f"{left.total_seconds():,.0f} seconds left"
    if left <= timedelta(hours=1):
        return f"{left.total_seconds() / 60:,.0f} minutes left"
    return f"done about {clock_words(end, zone)}"
