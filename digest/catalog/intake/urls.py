"""Which addresses of pages are kept."""

from urllib.parse import urlsplit

from digest.catalog.intake import limits

EXPECTED = "a web address like https://example.org/compare/a-vs-b"


def is_web_address(text: str) -> bool:
    """Whether `text` is absolute, http or https, names a host, and can stand in a link as it is."""
    if len(text) > limits.URL or not text.isprintable() or set(text) & set(" <>\"'\\`"):
        return False
    try:
        parts = urlsplit(text)
        port_is_right = parts.port is None or parts.port > 0
    except ValueError:
        return False
    is_web = parts.scheme in ("http", "https") and bool(parts.hostname)
    return is_web and port_is_right and parts.username is None and parts.password is None
