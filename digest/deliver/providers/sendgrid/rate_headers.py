"""How many requests SendGrid still takes, by the rate headers of its answers.

Source: https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/rate-limits
"""

from datetime import datetime, timedelta

from digest.deliver.providers.sendgrid.response import TOO_MANY, UNAVAILABLE, Answer

LENGTH = 60.0
"""Seconds that a window lasts, where a refusal does not say when it ends."""
LEAST_WAIT = 1.0
"""Seconds: a reset that is past when it is told is a clock's fault, and no reason to ask on."""


class Window:
    """`X-RateLimit-Remaining` requests until `X-RateLimit-Reset`, over answers in any order."""

    def __init__(self) -> None:
        # One value, so that threads never see half of it.
        self._state: tuple[datetime, int] | None = None

    def heed(self, answer: Answer, now: datetime) -> None:
        wait = answer.wait(now)
        if answer.status == TOO_MANY or (answer.status == UNAVAILABLE and wait is not None):
            self._set(now, LENGTH if wait is None else max(wait, LEAST_WAIT), 0)
            return
        left = answer.header("X-RateLimit-Remaining")
        if wait and left.isdecimal():
            self._set(now, wait, int(left))

    def room(self, in_flight: int, now: datetime) -> bool:
        """Whether one more may be made; those in flight may not have been counted yet."""
        state = self._state
        return state is None or state[0] <= now or state[1] > in_flight

    def wait(self, now: datetime) -> float:
        """Seconds until the window ends."""
        state = self._state
        return max(0.0, (state[0] - now).total_seconds()) if state else 0.0

    def _set(self, now: datetime, wait: float, left: int) -> None:
        """Of two answers from one window the lower count holds, and a later window's of two."""
        found, state = (now + timedelta(seconds=wait), left), self._state
        if state is None or found[0] > state[0]:
            self._state = found
        elif found[0] == state[0]:
            self._state = min(found, state)
