"""SendGrid, or what stands in its place: whatever it answers, in bounded time and memory."""

import pytest

from digest.deliver.providers.sendgrid import bounded_client
from digest.deliver.providers.sendgrid.client import SendGridClient
from digest.deliver.providers.sendgrid.response import Response
from tests.parts.answering import answering

TAKEN = b"HTTP/1.1 202 Accepted\r\nX-Message-Id: abc\r\n"
REFUSED = b"HTTP/1.1 400 Bad Request\r\n"
UNKNOWN = {
    "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "one header": (TAKEN, b"a" * 8_192),
    "drips a head": (TAKEN + b"A: ", b"a"),
    "nothing": (b"", b""),
    "another protocol": (b"220 mx.example ESMTP\r\n", b""),
}


def post(url: str, seconds: float = 60) -> Response | str:
    return SendGridClient("key", url, seconds).post("{}")


@pytest.mark.parametrize("kind", UNKNOWN)
def test_an_answer_whose_head_never_ends_is_none(kind: str) -> None:
    first, forever = UNKNOWN[kind]
    with answering(first, forever, pause=0.01 if len(forever) == 1 else 0) as url:
        assert isinstance(post(url, 0.4), str)


@pytest.mark.parametrize("status", [202, 400])
@pytest.mark.parametrize("forever", [b"a" * 65_536, b"a"], ids=["endless", "drips"])
def test_a_body_that_never_ends_is_cut_and_its_status_counts(
    status: int, forever: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It took 1 GB in eight seconds, or, an octet at a time, the worker for ever."""
    monkeypatch.setattr(bounded_client, "MAX_ANSWER_BYTES", 20)
    head = TAKEN if status == 202 else REFUSED
    with answering(head + b"\r\n", forever, pause=0.01 if len(forever) == 1 else 0) as url:
        answer = post(url)
    assert isinstance(answer, Response)
    assert answer.status == status
    assert answer.body == b"a" * 20


def test_a_body_that_breaks_off_leaves_its_status_and_id() -> None:
    with answering(TAKEN + b"Content-Length: 999\r\n\r\nabc") as url:
        answer = post(url)
    assert isinstance(answer, Response)
    assert answer.status == 202
    assert answer.headers["X-Message-Id"] == "abc"


def test_a_redirect_takes_the_key_nowhere() -> None:
    """The library followed it with the key, in the clear too, and took that answer for its own."""
    with answering(TAKEN + b"Content-Length: 0\r\n\r\n") as other:
        there = b"HTTP/1.1 302 There\r\nContent-Length: 0\r\nLocation: %s/\r\n\r\n"
        with answering(there % other.encode()) as url:
            answer = post(url)
    assert isinstance(answer, Response)
    assert answer.status == 302
