"""Errors as pages: what is wrong and what to do, never a traceback."""

import logging
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from digest.web.headers import DEFAULTS
from digest.web.templating import PRIVATE, PageTemplates
from store.errors import DigestError

log = logging.getLogger(__name__)

WORDS: dict[int, tuple[str, str]] = {
    400: ("That request could not be read", "Go back and try it once more."),
    404: ("There is no such page", "It may have moved. The issues so far are all in the archive."),
    405: ("This page does not take that", "Open it with an ordinary link."),
    429: ("That was a lot at once", "Please try again in an hour."),
    413: ("That was too much at once", "Go back and send less."),
    503: ("The digest can't answer just now", "Nothing is lost. Please try again in a minute."),
    500: ("Something went wrong here", "The fault is ours. Please try again in a minute."),
}


class InvalidLinkError(DigestError):
    """A link's token is not one of ours, or what it spoke of is gone."""


def add_error_pages(app: FastAPI, pages: PageTemplates) -> None:
    def page(status: int, headers: dict[str, str] | None = None) -> Response:
        title, advice = WORDS.get(status) or (HTTPStatus(status).phrase, WORDS[404][1])
        extra = PRIVATE | dict(headers or {})
        return pages.show("error.html", status=status, headers=extra, title=title, advice=advice)

    async def http_error(_request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
        return page(error.status_code, dict(error.headers or {}))

    async def bad_link(_request: Request, _error: Exception) -> Response:
        return pages.private("bad_link.html", status=404)

    async def bad_request(_request: Request, _error: Exception) -> Response:
        return page(400)

    async def no_store(request: Request, error: Exception) -> Response:
        # The route and not the path: the path holds a reader's token.
        log.error("the database failed in %s: %s", _route(request), type(error).__name__)
        return page(503, {"Retry-After": "60"})

    async def fault(request: Request, error: Exception) -> Response:
        log.error("a fault in %s: %s", _route(request), type(error).__name__)
        # This answer is made outside the middleware that adds the headers of all others.
        return page(500, dict(DEFAULTS) | PRIVATE)

    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(InvalidLinkError, bad_link)
    app.add_exception_handler(RequestValidationError, bad_request)
    app.add_exception_handler(OperationalError, no_store)
    app.add_exception_handler(PoolTimeoutError, no_store)
    app.add_exception_handler(Exception, fault)


def _route(request: Request) -> str:
    route = request.scope.get("route")
    return f"{request.method} {getattr(route, 'path', 'no route')}"
