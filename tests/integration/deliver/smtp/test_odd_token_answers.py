"""A token server, or what stands in its place: whatever it answers, one line of one kind."""

import json

import pytest

from digest.deliver.access_token import (
    DEFAULT_LIFETIME,
    EARLY_SECONDS,
    AccessTokenError,
    RefreshToken,
)
from tests.parts.answering import answering

OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
REFUSED = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"
STEERING = json.dumps({"error": "\x1b]0;title\x07 \x00 \x9b31m no"}).encode()


def exchange(answer: bytes) -> tuple[str, float]:
    """Returns the token, and for how many seconds it is used."""
    with answering(answer) as url:
        tokens = RefreshToken(url, "id", "", "refresh", "", clock=lambda: 0.0)
        return tokens.get(), tokens._expires


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"[" * 200_000,
        REFUSED + b"[" * 200_000,
        REFUSED + STEERING,
        REFUSED.replace(b"close", b"close\r\nContent-Length: 99") + b"{",
        OK + b'{"access_token": {"a": 1}}',
    ],
    ids=["nested", "nested refusal", "steers a terminal", "broken off", "no text"],
)
def test_what_gives_no_token_is_told_in_one_printable_line(answer: bytes) -> None:
    with pytest.raises(AccessTokenError) as refused:
        exchange(answer)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("lifetime", [b"NaN", b"Infinity", b"-5", b"9" * 400, b"1e300", b"[]"])
def test_a_lifetime_that_is_none_does_not_keep_a_token_for_ever(lifetime: bytes) -> None:
    token, seconds = exchange(OK + b'{"access_token": "abc", "expires_in": %s}' % lifetime)
    assert (token, seconds) == ("abc", DEFAULT_LIFETIME - EARLY_SECONDS)
