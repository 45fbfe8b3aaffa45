"""Refuses changes that another site's page asks for (cross-site request forgery).

Browsers say where a request comes from: `Sec-Fetch-Site` (Fetch Metadata), and before that
`Origin`. A page can forge neither. https://cheatsheetseries.owasp.org, Cross-Site Request Forgery.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
REFUSED = "This change was not asked for by a page of the studio: open it there and try again.\n"


class CrossSiteMiddleware:
    """403 for a request below a prefix that changes something and is not the studio's own."""

    def __init__(self, app: ASGIApp, prefixes: tuple[str, ...]) -> None:
        self._app = app
        self._prefixes = prefixes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in SAFE:
            headers = Headers(scope=scope)
            if scope["path"].startswith(self._prefixes) and not is_own(headers):
                await PlainTextResponse(REFUSED, 403)(scope, receive, send)
                return
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
