"""Tell how far the sending of one issue is, and what it waits for. Only reads."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from digest.deliver.ledger.state_counts import kept_counts
from digest.deliver.ledger.throttle_status import (
    ThrottleStatus,
    earliest_finish,
    next_due,
    throttle_status,
)
from digest.deliver.rate_limit.limiter import RateLimiter
from digest.issues.lifecycle import find_issue


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an issue is: deliveries by state, and what it waits for.

    If everything waits, `next_due` is when something is due again, and `throttled` is the rate
    limit that it waits for, if any. `earliest_finish` is the earliest end under limits and retries.
    """

    counts: dict[str, int]
    finished: bool
    next_due: datetime | None
    throttled: ThrottleStatus | None = None
    earliest_finish: datetime | None = None
    held_because: str | None = None
    """What the provider said when it was held back last."""


def progress_of(
    session: Session,
    limiter: RateLimiter,
    number: int,
    now: datetime,
    counts: dict[str, int] | None = None,
) -> Progress:
    """Return the progress of issue `number`, which is not finished yet.

    `counts` are its deliveries by state if they were just read.
    """
    throttled = throttle_status(session, limiter, number, now)
    return Progress(
        kept_counts(session, [number])[number] if counts is None else counts,
        finished=False,
        next_due=next_due(session, number, throttled, now),
        throttled=throttled,
        held_because=find_issue(session, number).held_because,
        earliest_finish=earliest_finish(session, limiter, number, now),
    )
