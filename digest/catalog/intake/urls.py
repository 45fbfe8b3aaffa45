"""Tells which addresses an import accepts."""

from urllib.parse import urlsplit

from digest.catalog.intake import limits
from digest.catalog.urls import is_web_address

EXPECTED = "a web address like https://example.org/compare/a-vs-b"


def is_importable(url: str) -> bool:
    """Return whether `url` is a web address that fits its column.

    An apostrophe is legal in one (RFC 3986 section 2.2), a backtick is not.
    """
    if len(url) > limits.URL or not url.isprintable() or "`" in url:
        return False
    try:
        port = urlsplit(url).port
    except ValueError:
        return False
    return port != 0 and is_web_address(url)
