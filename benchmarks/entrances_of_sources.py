"""The places where text of other people's sites comes in: sitemaps, lists, JSON, robots.txt.

Feeds in XML are not among them: what is larger than 32 KB is read in a process of its own, which
ends after ten seconds of processor (`digest.sources.kinds.feed_process`).
"""

from collections.abc import Callable

from digest.catalog.intake import limits
from digest.sources.http.robots_rules import parse_robots
from digest.sources.kinds.detect import kind_of
from digest.sources.kinds.feed import read_feed
from digest.sources.kinds.json_form import read_json_form
from digest.sources.kinds.page_list import read_page_list
from digest.sources.kinds.sitemap import read_sitemap

URL = "https://site.example/sitemap.xml"
PRODUCT = "verdict-digest"
LONG_PATH = "/" + "a" * 2_000
Entrance = Callable[[str], object]


def sources() -> dict[str, Entrance]:
    """Return each entrance, by what comes in there."""
    return {
        "source: a sitemap": _shaped(read_sitemap, "<urlset><url><loc>TEXT</loc></url></urlset>"),
        "source: a sitemap, raw": _shaped(read_sitemap, "TEXT"),
        "source: addresses without end": _repeated(
            read_sitemap, "<urlset>", "<url><loc>https://site.example/a</loc></url>", "</urlset>"
        ),
        "source: a list of pages": _shaped(_page_list("text/html"), "<html><body>TEXT"),
        "source: links without end": _repeated(
            _page_list("text/html"), "<html><body>", "<a href=/b>x</a>"
        ),
        "source: addresses to be normalised": _numbered(
            _page_list("text/html"), "<html><body>", "<a href=?{}>"
        ),
        "source: hosts of other scripts": _repeated(
            _page_list("text/html"), "<html><body>", "<a href=//" + "\ufdfa" * 60 + "/>"
        ),
        "source: hosts of a sitemap": _numbered(
            read_sitemap,
            "<urlset>",
            "<url><loc>https://h{}." + ".".join(["\u00e9" * 40] * 4) + "/</loc></url>",
            "</urlset>",
        ),
        "source: paths of other scripts": _numbered(
            _page_list("text/html"), "<html><body>", "<a href=/{}" + "\u00e9%c3" * 150 + ">"
        ),
        "source: a list, as text": _shaped(_page_list("text/plain"), "TEXT"),
        "source: items without end": _repeated(
            read_feed,
            '{"version": "https://jsonfeed.org/version/1", "items": [',
            '{"url": "/a"},',
            "{}]}",
        ),
        "source: JSON": _shaped(read_json_form, "TEXT"),
        "source: of any kind": lambda text: kind_of(text.encode("utf-8", "replace"), "text/plain"),
        "source: robots.txt": lambda text: parse_robots(
            f"User-agent: *\nDisallow: /{text}", PRODUCT
        ).allows(LONG_PATH),
        "source: rules without end": lambda text: (
            _is_first(text)
            and parse_robots(
                "User-agent: *\n" + "Disallow: /*a*b\n" * (len(text) // 16), PRODUCT
            ).allows(LONG_PATH)
        ),
    }


def _shaped(read: Callable[[bytes, str], object], shape: str) -> Entrance:
    return lambda text: read(shape.replace("TEXT", text).encode("utf-8", "replace"), URL)


def _repeated(
    read: Callable[[bytes, str], object], start: str, piece: str, end: str = ""
) -> Entrance:
    """Return what reads as many pieces as the text is long; once, whatever that holds."""

    def entrance(text: str) -> object:
        if not _is_first(text):
            return None
        return read((start + piece * (len(text) // len(piece)) + end).encode(), URL)

    return entrance


def _numbered(
    read: Callable[[bytes, str], object], start: str, piece: str, end: str = ""
) -> Entrance:
    """Return what reads as many different pieces as the text is long; once, whatever that holds."""

    def entrance(text: str) -> object:
        if not _is_first(text):
            return None
        many = min(len(text) // (len(piece.encode()) + 4), limits.LIST_TOKENS // 3)
        return read((start + "".join(map(piece.format, range(many))) + end).encode(), URL)

    return entrance


def _is_first(text: str) -> bool:
    return text[:2] == "aa"


def _page_list(media_type: str) -> Callable[[bytes, str], object]:
    return lambda body, url: read_page_list(body, url, media_type)
