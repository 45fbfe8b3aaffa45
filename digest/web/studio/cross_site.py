"""Refuses what another site's page asks of the studio: changes, and reading without being opened.

Browsers say where a request comes from: `Sec-Fetch-Site` (Fetch Metadata), and before that
`Origin`. A page can forge neither. https://cheatsheetseries.owasp.org, Cross-Site Request Forgery.
No page can read an answer of the studio, but each of its images could have an issue rendered here,
and tell by the time it took what there is: https://web.dev/articles/fetch-metadata.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
REFUSED = "This change was not asked for by a page of the studio: open it there and try again.\n"


READ_REFUSED = "The studio is opened as a page of its own, not from within another site's.\n"
EMBEDDED = frozenset({"iframe", "frame", "embed", "object"})


class CrossSiteMiddleware:
    """403 for a request below a prefix that is not the studio's own, but to open a page of it."""

    def __init__(self, app: ASGIApp, prefixes: tuple[str, ...]) -> None:
        self._app = app
        self._prefixes = prefixes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = ""
        if scope["type"] == "http" and scope["path"].startswith(self._prefixes):
            headers = Headers(scope=scope)
            if scope["method"] not in SAFE:
                refused = "" if is_own(headers) else REFUSED
            elif is_embedded(headers):
                refused = READ_REFUSED
        if refused:
            await PlainTextResponse(refused, 403)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def is_own(headers: Headers) -> bool:
    """Return whether the headers say that a page of this very host sent the request."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    try:
        origin = urlsplit(headers.get("origin", ""))
    except ValueError:  # `http://[`
        return False
    return origin.scheme in {"http", "https"} and origin.netloc == headers.get("host")


def is_embedded(headers: Headers) -> bool:
    """Return whether another site's page asks, as by an image, a script or a frame in it.

    Browsers from before Fetch Metadata don't say.
    """
    if headers.get("sec-fetch-site", "none") in {"none", "same-origin"}:
        return False
    is_opened = headers.get("sec-fetch-mode") == "navigate"
    return not is_opened or headers.get("sec-fetch-dest") in EMBEDDED
