"""A web site on 127.0.0.1 that publishes comparison pages, and lies where it is told to.

It answers under any host name: tests resolve names to it through `Names`.
"""

import gzip
import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from xml.sax.saxutils import escape

from tests.parts.world import NOW
from tests.unit.catalog.pages import comparison, contender, page_html


def page(left: str, right: str, *, head: str = "", price: str = "Free") -> str:
    """A comparison page of two tools; `head` goes into its head element."""
    sides = (contender(left, entry_price=price), contender(right))
    return page_html(comparison(*sides)).replace("</head>", f"{head}</head>", 1)


@dataclass
class Document:
    """What stands at a path."""

    body: bytes = b""
    media_type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    etag: bool = True
    """Whether it has a validator and answers conditional requests."""
    act: "Callable[[BaseHTTPRequestHandler], None] | None" = None
    """Answers itself, in place of all that."""


@dataclass
class Asked:
    """One request that came in."""

    host: str
    path: str
    is_conditional: bool


class Site(ThreadingHTTPServer):
    """Documents by path; `asked` holds the requests in their order."""

    daemon_threads = True
    documents: dict[str, Document]
    asked: list[Asked]
    name: str = "site.example"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is expected; the server's own words would mix with the output."""

    @property
    def address(self) -> str:
        return f"http://{self.name}:{self.server_port}"

    def url(self, path: str) -> str:
        return f"{self.address}{path}"

    def put(self, path: str, body: str | bytes, media_type: str = "", **rest: object) -> None:
        data = body if isinstance(body, bytes) else body.encode()
        document = Document(data, **rest)  # type: ignore[arg-type]
        document.media_type = media_type or document.media_type
        self.documents[path] = document

    def redirect(self, path: str, location: str, status: int = 302) -> None:
        self.documents[path] = Document(status=status, headers={"Location": location})

    def paths(self) -> list[str]:
        """The paths asked for since the last call, robots.txt aside."""
        paths = [one.path for one in self.asked if one.path != "/robots.txt"]
        self.asked.clear()
        return paths


class _Handler(BaseHTTPRequestHandler):
    server: Site
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        conditional = "If-None-Match" in self.headers or "If-Modified-Since" in self.headers
        self.server.asked.append(Asked(self.headers.get("Host", ""), self.path, conditional))
        found = self.server.documents.get(self.path, Document(b"not here", "text/plain", 404))
        if found.act is not None:
            found.act(self)
            return
        tag = f'"{hashlib.sha256(found.body).hexdigest()[:16]}"'
        if found.etag and found.status == 200 and self.headers.get("If-None-Match") == tag:
            self.send_response(304)
            self.send_header("ETag", tag)
            self.end_headers()
            return
        body = found.body
        self.send_response(found.status)
        if found.etag:
            self.send_header("ETag", tag)
        if found.headers.get("Content-Encoding") == "gzip":
            body = gzip.compress(body)
        for name, value in found.headers.items():
            self.send_header(name, value.encode().decode("latin-1"))
        self.send_header("Content-Type", found.media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing to the terminal."""


@contextmanager
def site() -> Iterator[Site]:
    server = Site(("127.0.0.1", 0), _Handler)
    server.documents, server.asked = {}, []
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Names:
    """A resolver: names to addresses; `asked` holds what was resolved."""

    known: dict[str, list[str]] = field(default_factory=lambda: {"site.example": ["127.0.0.1"]})
    asked: list[str] = field(default_factory=list)

    def __call__(self, host: str, port: int) -> list[str]:
        del port
        self.asked.append(host)
        if host not in self.known:
            with suppress(ValueError):
                return [str(ip_address(host))]
            raise OSError(-2, "Name or service not known")
        return self.known[host]


def feed(server: Site, paths: dict[str, datetime | None], *, title: str = "Verdicts") -> str:
    """An RSS feed of these pages, each with its date."""
    items = "".join(
        f"<item><title>{escape(path)}</title><link>{escape(server.url(path))}</link>"
        f"<guid>{number}</guid>"
        + (f"<pubDate>{format_datetime(at)}</pubDate>" if at else "")
        + "</item>"
        for number, (path, at) in enumerate(paths.items())
    )
    return (
        '<?xml version="1.0"?><rss version="2.0"><channel>'
        f"<title>{title}</title><link>{server.address}</link>{items}</channel></rss>"
    )


def sitemap(server: Site, paths: dict[str, str]) -> str:
    """A sitemap of these paths, each with its lastmod."""
    urls = "".join(
        f"<url><loc>{escape(server.url(path))}</loc>"
        + (f"<lastmod>{stated}</lastmod>" if stated else "")
        + "</url>"
        for path, stated in paths.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'
    )


def index(server: Site, paths: list[str]) -> str:
    """An index of sitemaps."""
    maps = "".join(f"<sitemap><loc>{escape(server.url(path))}</loc></sitemap>" for path in paths)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{maps}</sitemapindex>'
    )


def days(count: int) -> datetime:
    """A moment so many days before the tests' now."""
    return NOW - timedelta(days=count)
