"""Turns errors into pages that say what is wrong and what to do, never a traceback."""

import logging
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse
from starlette.routing import Match

from digest.language.message import Message
from digest.logs.request_id import request_id
from digest.web.headers import DEFAULTS, STUDIO_POLICY
from digest.web.templating import PRIVATE, PageTemplates
from store.engine import UNAVAILABLE
from store.errors import DigestError
from store.outage import Outage

log = logging.getLogger(__name__)

WORDS: dict[int, tuple[Message, Message]] = {
    400: (Message("That request could not be read"), Message("Go back and try it once more.")),
    404: (
        Message("There is no such page"),
        Message("It may have moved. The issues so far are all in the archive."),
    ),
    405: (Message("This page does not take that"), Message("Open it with an ordinary link.")),
    429: (Message("That was a lot at once"), Message("Please try again in an hour.")),
    413: (Message("That was too much at once"), Message("Go back and send less.")),
    503: (
        Message("The digest can't answer just now"),
        Message("Nothing is lost. Please try again in a minute."),
    ),
    500: (
        Message("Something went wrong here"),
        Message("The fault is ours. Please try again in a minute."),
    ),
}


LOST = "It may have been removed, or its address is misspelt."
"""Told to an editor, whom the archive does not help."""


class InvalidLinkError(DigestError):
    """A link's token is not one of ours, or what it named is gone."""


class UnknownReaderError(DigestError):
    """The link's token is ours, but its reader is erased, or it is a preview's link."""

    def __init__(self, *, preview: bool = False) -> None:
        super().__init__("the link's reader is unknown")
        self.preview = preview


class VoidLinkError(DigestError):
    """A link of before its reader changed their address, or made the links sent so far void."""


def status_of(error: DigestError) -> int:
    """Returns the HTTP status of an error: what its class states as `http_status`, else 500."""
    status: int = getattr(error, "http_status", 500)
    return status


def headers_of(error: DigestError) -> dict[str, str]:
    """Retry-After where the error says in how many seconds (`retry_after`)."""
    seconds = getattr(error, "retry_after", None)
    return {} if seconds is None else {"Retry-After": str(seconds)}


class _ErrorPages:
    """The handlers, over one site's templates."""

    def __init__(self, templates: PageTemplates, outage: Outage) -> None:
        self._templates = templates
        self._outage = outage

    def _page(
        self, request: Request, status: int, headers: Mapping[str, str] | None = None
    ) -> Response:
        title, advice = WORDS.get(status) or (Message(HTTPStatus(status).phrase), WORDS[404][1])
        if self._is_editors(request):
            return self._templates.show(
                "studio/error.html",
                status=status,
                headers=PRIVATE | {"Content-Security-Policy": STUDIO_POLICY} | dict(headers or {}),
                title=title.text,
                advice=LOST if advice is WORDS[404][1] else advice.text,
            )
        return self._templates.show(
            "error.html",
            status=status,
            headers=PRIVATE | dict(headers or {}),
            title=self._templates.say(title),
            advice=self._templates.say(advice),
        )

    def _is_editors(self, request: Request) -> bool:
        """Return whether a page of the studio was asked for, where the studio is open."""
        path = request.url.path.removeprefix(self._templates.base)
        return hasattr(request.app.state, "studio") and f"{path}/".startswith("/studio/")

    async def http(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
        if (
            error.status_code == HTTPStatus.METHOD_NOT_ALLOWED
            and request.method in {"GET", "HEAD"}
            and self._is_editors(request)
            and (page := _page_above(request))
        ):
            # A form's own address, reloaded or come back to after the form was refused.
            return RedirectResponse(self._templates.base + page, HTTPStatus.SEE_OTHER, PRIVATE)
        return self._page(request, error.status_code, error.headers)

    async def invalid_link(self, _request: Request, _error: Exception) -> Response:
        return self._templates.private("invalid_link.html", status=404)

    async def unknown_reader(self, _request: Request, error: Exception) -> Response:
        assert isinstance(error, UnknownReaderError)  # noqa: S101 - registered for nothing else
        return self._templates.private("unknown_reader.html", preview=error.preview)

    async def void_link(self, _request: Request, _error: Exception) -> Response:
        return self._templates.private("void_link.html", status=410)

    async def invalid_request(self, request: Request, _error: Exception) -> Response:
        return self._page(request, 400)

    async def ours(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, DigestError)  # noqa: S101 - registered for nothing else
        status = status_of(error)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return await self.unexpected(request, error)
        return self._page(request, status, headers_of(error))

    async def unavailable(self, request: Request, error: Exception) -> Response:
        # The route and not the path: the path holds a reader's token.
        if not self._outage.notice(error):
            log.error("the database failed in %s: %s", _route(request), type(error).__name__)
        return self._page(request, 503, {"Retry-After": "60"})

    async def unexpected(self, request: Request, error: Exception) -> Response:
        log.error("a fault in %s: %s", _route(request), type(error).__name__)
        # This answer is made outside the middleware that adds the headers of all others.
        return self._page(
            request, 500, dict(DEFAULTS) | PRIVATE | {"X-Request-ID": request_id.get()}
        )


def _page_above(request: Request) -> str:
    """Return the path of the nearest page above what was asked for; empty if there is none."""
    path: str = request.scope["path"]
    while path := path.rpartition("/")[0]:
        for above in (path, f"{path}/"):
            scope = {**request.scope, "path": above, "method": "GET"}
            if any(route.matches(scope)[0] is Match.FULL for route in request.app.routes):
                return above
    return ""


def add_error_pages(app: FastAPI, templates: PageTemplates, outage: Outage) -> None:
    """Registers a page for every kind of error; a class without its own gets its base class's."""
    pages = _ErrorPages(templates, outage)
    app.add_exception_handler(HTTPException, pages.http)
    app.add_exception_handler(RequestValidationError, pages.invalid_request)
    app.add_exception_handler(InvalidLinkError, pages.invalid_link)
    app.add_exception_handler(UnknownReaderError, pages.unknown_reader)
    app.add_exception_handler(VoidLinkError, pages.void_link)
    app.add_exception_handler(DigestError, pages.ours)
    for kind in UNAVAILABLE:
        app.add_exception_handler(kind, pages.unavailable)
    app.add_exception_handler(Exception, pages.unexpected)


def _route(request: Request) -> str:
    route = request.scope.get("route")
    return f"{request.method} {getattr(route, 'path', 'no route')}"
