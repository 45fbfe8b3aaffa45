"""Strips trailing punctuation that mail programs leave on a link with a token: `/ . ) >`."""

import re

from starlette.types import ASGIApp, Receive, Scope, Send

from subscribers.tokens import TOKEN_LENGTH

_WITH_TAIL = re.compile(
    rf"(/(?:unsubscribe|preferences|confirm|address|vote)/[A-Za-z0-9_-]{{{TOKEN_LENGTH}}})"
    r"[/.,;:!?)\]}>\"'*\s\u00a0\u2026\u201d\u2019]{1,8}"
)


class TrailingPunctuationMiddleware:
    """Lets such a request lead where the link leads; what comes after a token is never ours."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = _WITH_TAIL.fullmatch(scope.get("path", "")) if scope["type"] == "http" else None
        if found:
            scope = {**scope, "path": found[1]}
            scope.pop("raw_path", None)
        await self._app(scope, receive, send)
