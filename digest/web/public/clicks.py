"""Answers clicks and the open pixel: the event is stored first, then the answer is sent.

In the minutes after an issue these requests outnumber all others, so `TrackingMiddleware` answers
them before the application sees the request. What it can't answer goes on to the routes here.
"""

import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

from fastapi import APIRouter, Request, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digest.track.group_commit import GroupCommit, QueueFullError
from digest.track.hits.networks import ScannerNetworks
from digest.track.hits.targets import PIXEL as NO_TARGET
from digest.track.hits.targets import Hit, Target
from digest.track.hits.writer import HitNotStoredError
from digest.web.error_pages import InvalidLinkError
from digest.web.headers import DEFAULTS
from digest.web.site import TemplatesDep
from digest.web.templating import PRIVATE

router = APIRouter()

# One transparent pixel (GIF89a specification, 1990).
PIXEL = bytes.fromhex(
    "474946383961 0100 0100 80 00 00 000000 ffffff"
    "21f904 01 0000 00 00 2c 0000 0000 0100 0100 00 02 01 44 00 3b"
)
RETRY_SECONDS = 3
_NOT_STORED = "digest.hit_not_stored"
"""The key in a request's scope that says a click could not be stored; its value is the target."""
_SAFE = [(name.lower().encode(), value.encode()) for name, value in {**DEFAULTS, **PRIVATE}.items()]
_PIXEL_START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [
        (b"content-type", b"image/gif"),
        (b"content-length", str(len(PIXEL)).encode()),
        *_SAFE,
    ],
}
MOVED = [(b"content-length", b"0"), *_SAFE]
_PIXEL_BODY = {"type": "http.response.body", "body": PIXEL}
_NO_BODY = {"type": "http.response.body", "body": b""}


class TrackingMiddleware:
    """Answers well-formed links and pixels once their event is durable; `app` gets the rest."""

    def __init__(
        self,
        app: ASGIApp,
        commit: GroupCommit[Hit, Target],
        base: str,
        networks: ScannerNetworks,
        clock: Callable[[], datetime],
    ) -> None:
        self._app = app
        self._commit = commit
        self._network = networks.owner_of
        self._clock = clock
        self._path = re.compile(
            rf"(?:{re.escape(base)})?"
            r"/(?:l/(?P<link>[1-9][0-9]{0,6})/|o/)(?P<token>[A-Za-z0-9_-]{22})(?(link)|\.gif)"
        ).fullmatch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._path(scope["path"]) if scope["type"] == "http" else None
        if found is None or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        hit = Hit(
            int(found["link"] or 0),
            found["token"],
            scope["method"],
            _user_agent(scope),
            self._clock(),
            self._network((scope.get("client") or ("",))[0]),
        )
        try:
            target = await self._commit.put(hit)
        except HitNotStoredError as error:
            scope[_NOT_STORED] = error.target or ""
            target = None
        except QueueFullError:
            scope[_NOT_STORED] = ""
            target = None
        if target is None:
            await self._app(scope, receive, send)
        elif target == NO_TARGET:
            await send(_PIXEL_START)
            await send(_PIXEL_BODY if hit.method == "GET" else _NO_BODY)
        else:
            await send(_moved_to(target))
            await send(_NO_BODY)


@lru_cache(maxsize=4_096)
def _moved_to(target: str) -> Message:
    headers = [(b"location", target.encode("ascii", "replace")), *MOVED]
    return {"type": "http.response.start", "status": 302, "headers": headers}


def _user_agent(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"user-agent":
            text: str = value.decode("latin-1")
            return text
    return ""


@router.api_route("/l/{link}/{token}", methods=["GET", "HEAD"])
def click(request: Request, templates: TemplatesDep) -> Response:
    """Answers for a link that is none of ours, and for a click that could not be stored."""
    target = request.scope.get(_NOT_STORED)
    if target is None:
        raise InvalidLinkError
    # A browser asks again by itself and is counted then; the page also links to the target.
    again = {"Retry-After": str(RETRY_SECONDS), "Refresh": str(RETRY_SECONDS)}
    return templates.show(
        "redirecting.html", status=503, headers={**PRIVATE, **again}, target=target
    )


@router.api_route("/o/{token}.gif", methods=["GET", "HEAD"])
def opened() -> Response:
    """Answers with the pixel whatever the token: a broken image in a mail helps nobody."""
    return Response(PIXEL, media_type="image/gif", headers=PRIVATE)
