"""Serves a site below a path of another one (https://example.org/digest)."""

from starlette.types import ASGIApp, Receive, Scope, Send


class PathPrefixMiddleware:
    """Strips `prefix` from a request's path, unless the proxy has done it."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if self._prefix and (path == self._prefix or path.startswith(f"{self._prefix}/")):
            scope = {**scope, "path": path.removeprefix(self._prefix) or "/"}
            scope.pop("raw_path", None)
        await self._app(scope, receive, send)
