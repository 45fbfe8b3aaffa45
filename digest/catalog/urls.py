"""Tells web addresses from everything else a link might hold.

Checked when a page is imported, and again where a link is followed: a row outlives its importer.
"""

import re
from urllib.parse import urlsplit

# White space, quotes and angle brackets have no place in a URL (RFC 3986 section 2), and every
# control character (line ends above all) could start a new header or tag.
_UNFIT = re.compile(r"[\s\x00-\x20\x7f-\x9f\"<>\\]")


def is_web_address(url: str) -> bool:
    """Return whether `url` is a whole http or https address, safe in a header and in HTML."""
    if _UNFIT.search(url):
        return False
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
        )
    except ValueError:
        return False
