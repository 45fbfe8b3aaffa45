"""SendGrid's rate headers, over answers that come in any order."""

from datetime import timedelta

import pytest

from digest.deliver.providers.sendgrid.rate_headers import MIN_WAIT, WINDOW_SECONDS, RateWindow
from digest.deliver.providers.sendgrid.response import Response
from tests.parts.world import NOW


def response(status: int = 202, *, left: int | None = None, reset: float | None = None) -> Response:
    headers = {}
    if left is not None:
        headers["x-ratelimit-remaining"] = str(left)
    if reset is not None:
        headers["X-RateLimit-Reset"] = str(int(NOW.timestamp() + reset))
    return Response(status, headers, b"")


def window(*responses: Response) -> RateWindow:
    outcomes = RateWindow()
    for one in responses:
        outcomes.update(one, NOW)
    return outcomes


def room(of: RateWindow, after: float = 0.0) -> int:
    """How many requests may be in flight, up to ten."""
    now = NOW + timedelta(seconds=after)
    return next((count for count in range(10) if not of.allows(count, now)), 10)


def test_without_a_word_about_it_there_is_room() -> None:
    assert room(window()) == 10
    assert room(window(response())) == 10
    assert room(window(response(left=0))) == 10, "it does not say until when"
    assert room(window(response(500, reset=30))) == 10, "it does not say how many"


def test_no_more_may_be_in_flight_than_remain() -> None:
    """Those in flight may not have been counted when the answer was written."""
    assert room(window(response(left=3, reset=30))) == 3
    assert room(window(response(left=0, reset=30))) == 0


def test_at_the_reset_there_is_room_again() -> None:
    closed = window(response(left=0, reset=30))

    assert closed.wait(NOW) == 30
    assert room(closed, after=29.9) == 0
    assert room(closed, after=30) == 10
    assert closed.wait(NOW + timedelta(seconds=31)) == 0


def test_of_one_window_the_lowest_count_holds_whatever_comes_last() -> None:
    assert room(window(response(left=2, reset=30), response(left=5, reset=30))) == 2
    assert room(window(response(left=5, reset=30), response(left=2, reset=30))) == 2


def test_of_two_windows_the_later_one_holds() -> None:
    early, late = response(left=0, reset=1), response(left=7, reset=61)

    assert room(window(early, late)) == 7
    assert room(window(late, early)) == 7


@pytest.mark.parametrize(
    ("rejected", "wait"),
    [
        (response(429, reset=42), 42),
        (response(429, left=5, reset=42), 42),
        (response(429), WINDOW_SECONDS),
        (response(429, reset=-5), MIN_WAIT),
        (Response(429, {"Retry-After": "7"}, b""), 7),
        (Response(503, {"Retry-After": "7"}, b""), 7),
        (response(503), 0),
    ],
)
def test_a_rejection_allows_nothing_until_the_time_it_names(
    rejected: Response, wait: float
) -> None:
    told = window(rejected)

    assert told.wait(NOW) == wait
    assert (room(told) == 0) is (wait > 0)
