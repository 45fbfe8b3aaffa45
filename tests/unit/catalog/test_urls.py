"""Where a link may lead."""

import pytest

from digest.catalog.urls import is_web_address


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org",
        "http://example.org:8080/a/b?c=d&e=%20f#g",
        "https://xn--bcher-kva.example/",
        "https://[2001:db8::1]/",
        "https://example.org/it's-(here)",
    ],
)
def test_a_whole_http_address_is_one(url: str) -> None:
    assert is_web_address(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/issues/",
        "//evil.example/",
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)//https://x",
        "data:text/html,<script>",
        "mailto:a@example.org",
        "https://",
        "https:///path",
        "https://good.example@evil.example/",
        "https://example.org/\r\nSet-Cookie: a=b",
        "https://example.org/\x00",
        "https://example.org/a b",
        "https://example.org/\u2028",
        'https://example.org/"onload="x',
        "https://example.org/<script>",
        "https:\\\\evil.example",
        "https://[broken",
    ],
)
def test_anything_else_is_none(url: str) -> None:
    assert not is_web_address(url)
