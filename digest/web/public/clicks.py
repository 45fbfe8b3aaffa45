"""Answers clicks and the open pixel: the event is stored first, then the answer is sent.

In the minutes after an issue these requests outnumber all others, so `TrackingMiddleware` answers
them before the application sees the request. What it can't answer goes on to the routes here.
"""

import asyncio
import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

from fastapi import APIRouter, Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from digest.track.group_commit import GroupCommit, QueueFullError
from digest.track.hits.networks import ScannerNetworks
from digest.track.hits.targets import PIXEL as NO_TARGET
from digest.track.hits.targets import Hit, Target
from digest.track.hits.writer import HitNotStoredError
from digest.web.error_pages import InvalidLinkError
from digest.web.headers import DEFAULTS
from digest.web.middleware.fast_path import Client, FastPath, FastResponse, Respond
from digest.web.site import TemplatesDep
from digest.web.templating import PRIVATE

router = APIRouter()

# One transparent pixel (GIF89a specification, 1990).
PIXEL = bytes.fromhex(
    "474946383961 0100 0100 80 00 00 000000 ffffff"
    "21f904 01 0000 00 00 2c 0000 0000 0100 0100 00 02 01 44 00 3b"
)
RETRY_SECONDS = 3
_OUTCOME = "digest.hit"
"""The key in a request's scope of what came of a hit that has no target: None, or the error."""
_SAFE = [(name.lower().encode(), value.encode()) for name, value in {**DEFAULTS, **PRIVATE}.items()]
MOVED = [(b"content-length", b"0"), *_SAFE]
_PIXEL_RESPONSE = FastResponse(
    200,
    (
        (b"content-type", b"image/gif"),
        (b"content-length", str(len(PIXEL)).encode()),
        *_SAFE,
    ),
    PIXEL,
)


class TrackingMiddleware(FastPath):
    """Answers well-formed links and pixels once their event is durable; `app` gets the rest.

    Our server asks `accept` first; any other calls it as an application.
    """

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
        self._moment: datetime | None = None
        self._path = re.compile(
            rf"(?:{re.escape(base)})?"
            r"/(?:l/(?P<link>[1-9][0-9]{0,6})/|o/)(?P<token>[A-Za-z0-9_-]{22})(?(link)|\.gif)"
        ).fullmatch

    def accept(self, scope: Scope, client: Client, respond: Respond) -> bool:
        hit = self._hit(scope, client)
        if hit is None:
            return False
        try:
            self._commit.add(hit, lambda outcome: respond(_response(scope, outcome)))
        except QueueFullError as error:
            scope[_OUTCOME] = error
            return False
        return True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_asked = scope["type"] == "http" and _OUTCOME not in scope
        hit = self._hit(scope, scope.get("client")) if is_asked else None
        response = None
        if hit is not None:
            try:
                response = _response(scope, await self._commit.put(hit))
            except (HitNotStoredError, QueueFullError) as error:
                response = _response(scope, error)
        if response is None:
            await self._app(scope, receive, send)
            return
        headers = list(response.headers)
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        body = b"" if scope["method"] == "HEAD" else response.body
        await send({"type": "http.response.body", "body": body})

    def _hit(self, scope: Scope, client: Client) -> Hit | None:
        """Returns the hit that a request is; None for any other."""
        found = self._path(scope["path"])
        if found is None or scope["method"] not in ("GET", "HEAD"):
            return None
        link, token = found.groups()
        return Hit(
            int(link or 0),
            token,
            scope["method"],
            _user_agent(scope),
            self._now(),
            self._network(client[0] if client else ""),
        )

    def _now(self) -> datetime:
        """Returns the time, read once for all requests that one turn of the event loop reads."""
        if self._moment is None:
            self._moment = self._clock()
            asyncio.get_running_loop().call_soon(self._forget_moment)
        return self._moment

    def _forget_moment(self) -> None:
        self._moment = None


def _response(scope: Scope, outcome: Target | Exception) -> FastResponse | None:
    """Returns the response to a hit; None, with the outcome in `scope`, if `app` is to answer."""
    if outcome is None or isinstance(outcome, Exception):
        scope[_OUTCOME] = outcome
        return None
    return _PIXEL_RESPONSE if outcome == NO_TARGET else _moved_to(outcome)


@lru_cache(maxsize=4_096)
def _moved_to(target: str) -> FastResponse:
    return FastResponse(302, ((b"location", target.encode("ascii", "replace")), *MOVED))


def _user_agent(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"user-agent":
            text: str = value.decode("latin-1")
            return text
    return ""


@router.api_route("/l/{link}/{token}", methods=["GET", "HEAD"])
def click(request: Request, templates: TemplatesDep) -> Response:
    """Answers for a link that is none of ours, and for a click that could not be stored."""
    error = request.scope.get(_OUTCOME)
    if error is None:
        raise InvalidLinkError
    target = error.target if isinstance(error, HitNotStoredError) else None
    # A browser asks again by itself and is counted then; the page also links to the target.
    again = {"Retry-After": str(RETRY_SECONDS), "Refresh": str(RETRY_SECONDS)}
    return templates.show(
        "redirecting.html", status=503, headers={**PRIVATE, **again}, target=target or ""
    )


@router.api_route("/o/{token}.gif", methods=["GET", "HEAD"])
def opened() -> Response:
    """Answers with the pixel whatever the token: a broken image in a mail helps nobody."""
    return Response(PIXEL, media_type="image/gif", headers=PRIVATE)
