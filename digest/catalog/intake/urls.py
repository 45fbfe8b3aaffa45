"""Which addresses an import accepts."""

from urllib.parse import urlsplit

from digest.catalog.intake import limits
from digest.catalog.urls import is_web_address

EXPECTED = "a web address like https://example.org/compare/a-vs-b"


def is_importable(url: str) -> bool:
    """Whether `url` is a web address that fits its column and holds no quote of any kind."""
    if len(url) > limits.URL or not url.isprintable() or set(url) & set("'`"):
        return False
    try:
        port = urlsplit(url).port
    except ValueError:
        return False
    return port != 0 and is_web_address(url)
