"""Whether and when a delivery is tried again: a value, decided in one place.

Tries last for about a day, as long as a relay may well be out of order. RFC 5321 section 4.5.4.1
wants four to five days of whoever delivers to mailboxes; we hand mail to somebody who does that.
"""

import zlib
from datetime import datetime, timedelta

MOST_ATTEMPTS = 14
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=4)
LONGEST_NAMED = timedelta(days=1)
JITTER = 0.25
"""What is refused together comes back spread over this part of its wait..."""
STEPS = 4
"""...in so many steps, since each minute that retries are due in makes a batch."""


def next_attempt_at(
    attempts: int, retry_after: float | None, now: datetime, spread: float = 0.0
) -> datetime | None:
    """The moment of the next try after `attempts` made, or None when there is none.

    Waits double from a minute to four hours, which makes a day; `spread`, from 0 up to 1, makes
    one longer by up to a quarter. A provider that names a later time (429 with a reset) is
    obeyed, `retry_after` in seconds.
    """
    if attempts >= MOST_ATTEMPTS:
        return None
    wait: timedelta = min(FIRST_WAIT * 2 ** (attempts - 1), LONGEST_WAIT)
    if retry_after is not None:
        wait = max(wait, min(timedelta(seconds=retry_after), LONGEST_NAMED))
    return now + wait * (1 + JITTER * spread)


def retry_jitter(delivery_id: int, attempts: int) -> float:
    """Where a delivery stands among those refused together: another place at each try.

    Not by chance, so that a run that is repeated does the same again.
    """
    return zlib.crc32(b"%d %d" % (delivery_id, attempts)) % STEPS / STEPS
