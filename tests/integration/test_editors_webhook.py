"""The editors' webhook, whatever answers there: in bounded time, and by one kind of error."""

import pytest

from digest.editors import webhook
from tests.parts.answering import answering

ENDLESS = {
    "interim answers": b"HTTP/1.1 100 Continue\r\n\r\n",
    "headers": b"A: b\r\n",
    "one header": b"a" * 8_192,
}
ODD = {
    "garbage": b"\x00\xff\r\n\r\n",
    "another protocol": b"220 mx.example ESMTP\r\n",
    "nothing": b"",
    "no number": b"HTTP/1.1 OK\r\n\r\n",
    "a refusal": b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n",
    "a redirect": b"HTTP/1.1 302 There\r\nLocation: http://127.0.0.1:1/\r\n\r\n",
}


@pytest.mark.parametrize("kind", ODD)
def test_what_is_no_yes_is_an_error_of_one_kind(kind: str) -> None:
    with answering(ODD[kind]) as url, pytest.raises(OSError, match=r"."):
        webhook.post_json(url, {"event": "draft"})


@pytest.mark.parametrize("kind", ENDLESS)
def test_an_answer_without_end_ends(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "TIMEOUT_SECONDS", 0.3)
    first = b"" if kind == "interim answers" else b"HTTP/1.1 200 OK\r\n"
    with answering(first, ENDLESS[kind]) as url, pytest.raises(OSError, match=r"."):
        webhook.post_json(url, {"event": "draft"})


def test_a_yes_is_enough_whatever_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "TIMEOUT_SECONDS", 5)
    with answering(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65_536) as url:
        webhook.post_json(url, {"event": "draft"})
