"""Tracks how many requests SendGrid still takes, by the rate headers of its responses.

Source: https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/rate-limits
"""

from datetime import datetime, timedelta

from digest.deliver.providers.sendgrid.response import TOO_MANY, UNAVAILABLE, Response

WINDOW_SECONDS = 60.0
"""How long a window lasts when a 429 does not say when it ends."""
MIN_WAIT = 1.0
"""Seconds to wait at least: a reset in the past means a wrong clock, not permission."""


class RateWindow:
    """Allow `X-RateLimit-Remaining` requests until `X-RateLimit-Reset`.

    Responses may come in any order.
    """

    def __init__(self) -> None:
        # One value, so that threads never see half of it.
        self._state: tuple[datetime, int] | None = None

    def update(self, response: Response, now: datetime) -> None:
        """Take in the rate headers of one response."""
        wait = response.wait(now)
        if response.status == TOO_MANY or (response.status == UNAVAILABLE and wait is not None):
            self._set(now, WINDOW_SECONDS if wait is None else max(wait, MIN_WAIT), 0)
            return
        left = response.header("X-RateLimit-Remaining")
        if wait and left.isdecimal():
            self._set(now, wait, int(left))

    def allows(self, in_flight: int, now: datetime) -> bool:
        """Return whether one more request may be made.

        Requests in flight are subtracted, since SendGrid may not have counted them yet.
        """
        state = self._state
        return state is None or state[0] <= now or state[1] > in_flight

    def wait(self, now: datetime) -> float:
        """Return the seconds until the window ends."""
        state = self._state
        return max(0.0, (state[0] - now).total_seconds()) if state else 0.0

    def _set(self, now: datetime, wait: float, left: int) -> None:
        """Keep the lower count of two responses from one window, and the later of two windows."""
        found, state = (now + timedelta(seconds=wait), left), self._state
        if state is None or found[0] > state[0]:
            self._state = found
        elif found[0] == state[0]:
            self._state = min(found, state)
