"""Whether and when a delivery is tried again: a value, decided in one place."""

from datetime import datetime, timedelta

MOST_ATTEMPTS = 6
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=2)


def next_try(attempts: int, retry_after: float | None, now: datetime) -> datetime | None:
    """The moment of the next try after `attempts` made, or None when there is none.

    Waits double from a minute to two hours; a provider that names a later time (429 with a reset)
    is obeyed, `retry_after` in seconds.
    """
    if attempts >= MOST_ATTEMPTS:
        return None
    wait: timedelta = min(FIRST_WAIT * 2 ** (attempts - 1), LONGEST_WAIT)
    if retry_after is not None:
        wait = max(wait, timedelta(seconds=min(retry_after, 86_400)))
    return now + wait
