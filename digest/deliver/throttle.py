"""No faster than so many messages a second."""

import time
from collections.abc import Callable


class Throttle:
    """`take(n)` waits until n more messages fit; `rate` is messages a second, 0 never waits.

    What was not used is not saved up: a pause of an hour is not followed by an hour's burst.
    """

    def __init__(
        self,
        rate: float,
        now: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate = rate
        self._now = now
        self._wait = wait
        self._free_at = 0.0

    def batch_size(self, most: int) -> int:
        """At most a second's worth, so that the rate holds within a batch too."""
        return min(most, max(1, int(self._rate))) if self._rate else most

    def take(self, messages: int) -> None:
        if not self._rate:
            return
        if (ahead := self._free_at - self._now()) > 0:
            self._wait(ahead)
        self._free_at = max(self._free_at, self._now()) + messages / self._rate
