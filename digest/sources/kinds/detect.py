"""Tells which kind a document is, for a source that was added without one."""

import re

from digest.catalog.intake.json_form.strict_json import JsonTextError, load_json
from digest.sources.http.body import GZIP_MAGIC
from digest.sources.kinds.feed import is_json_feed
from digest.sources.tables import Kind

_HEAD = 4096
_SITEMAP = re.compile(rb"<(?:\w+:)?(?:urlset|sitemapindex)[\s>]")
_FEED = re.compile(rb"<(?:\w+:)?(?:rss|feed|rdf)[\s>]", re.IGNORECASE)


def kind_of(body: bytes, media_type: str) -> Kind:
    """Return the kind of a document, by what it holds rather than by what is said of it."""
    head = body[:_HEAD]
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if body.startswith(GZIP_MAGIC) or _SITEMAP.search(head):
        return Kind.SITEMAP
    if start == b"<" and "html" not in media_type and _FEED.search(head):
        return Kind.FEED
    if start in (b"{", b"["):
        try:
            value = load_json(body.decode("utf-8-sig"))
        except (UnicodeDecodeError, JsonTextError):
            return Kind.PAGE
        return Kind.FEED if is_json_feed(value) else Kind.JSON
    return Kind.FEED if re.match(rb"\s*<(?:rss|feed)\b", head) else Kind.PAGE
