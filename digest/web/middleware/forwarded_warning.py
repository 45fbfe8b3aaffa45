"""Warns once when an untrusted proxy forwards requests: all readers have its address then."""

import logging

from starlette.types import ASGIApp, Receive, Scope, Send

log = logging.getLogger(__name__)
_FORWARDING = (b"x-forwarded-for", b"forwarded")


class ForwardedWarningMiddleware:
    """Uvicorn replaces the client by the forwarded one, without a port, if the proxy is trusted."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._told = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._told and scope["type"] == "http":
            self._warn(scope)
        await self._app(scope, receive, send)

    def _warn(self, scope: Scope) -> None:
        host, port = scope.get("client") or ("", 0)
        given = [value for name, value in scope["headers"] if name in _FORWARDING]
        # Some proxies forward a port too, which the server takes over with the client's address.
        is_taken_over = any(host.encode() in value for value in given)
        if port and given and not is_taken_over:
            self._told = True
            log.warning(
                "requests are forwarded by %s, which FORWARDED_ALLOW_IPS does not name: "
                "all readers behind it count as one network; set FORWARDED_ALLOW_IPS=%s",
                host,
                host,
            )
