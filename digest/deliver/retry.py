"""Compute when a delivery is tried again: exponential backoff with jitter, for about a day.

A relay may be out of order for a day. The four to five days of RFC 5321 section 4.5.4.1 are for
servers that deliver to mailboxes, and our relay is one of these.
"""

import zlib
from datetime import datetime, timedelta

MAX_ATTEMPTS = 14
FIRST_DELAY = timedelta(minutes=1)
MAX_DELAY = timedelta(hours=4)
MAX_RETRY_AFTER = timedelta(days=1)
"""The most that a provider's own `Retry-After` may ask for."""
JITTER = 0.25
"""Deliveries rejected together are retried spread over this part of their delay..."""
JITTER_STEPS = 4
"""...in so many steps, since each minute that retries are due in makes a batch."""


def next_attempt_at(
    attempts: int, retry_after: float | None, now: datetime, jitter: float = 0.0
) -> datetime | None:
    """Return the moment of the next attempt after `attempts` made; None if there is none.

    Delays double from one minute to four hours, which makes a day. `jitter`, from 0 to 1, makes one
    longer by up to a quarter. A provider that asks for a later time (429 with a reset) is obeyed;
    `retry_after` is in seconds.
    """
    if attempts >= MAX_ATTEMPTS:
        return None
    delay: timedelta = min(FIRST_DELAY * 2 ** (attempts - 1), MAX_DELAY)
    if retry_after is not None:
        delay = max(delay, min(timedelta(seconds=retry_after), MAX_RETRY_AFTER))
    return now + delay * (1 + JITTER * jitter)


def retry_jitter(delivery_id: int, attempts: int) -> float:
    """Return the jitter of a delivery's next attempt: 0 to 1, another one at each attempt.

    Derived from its id and not random, so that a repeated run does the same again.
    """
    return zlib.crc32(b"%d %d" % (delivery_id, attempts)) % JITTER_STEPS / JITTER_STEPS
