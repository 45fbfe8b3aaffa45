"""Security headers of every response.

Sources: CSP Level 3 (https://www.w3.org/TR/CSP3/), Referrer Policy, Fetch (nosniff).
"""

from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
PROOF_OF_WORK_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""For the one page with a script: the sign-up form with proof of work."""
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""For a rendered message: its styles are inline, and the brand's logo may be anywhere. No image but
the templates' own can be in it."""
ARCHIVE_POLICY = MAIL_POLICY.replace("form-action 'none'", "form-action 'self'")
"""For an issue's page in the archive, with the sign-up form under it."""
FRAMED_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'; sandbox allow-popups "
    "allow-popups-to-escape-sandbox"
)
EDITED_MAIL_POLICY = FRAMED_MAIL_POLICY.replace("sandbox ", "sandbox allow-same-origin ")
"""For the preview beside an issue that is edited: no script runs in it, and the studio's own, which
runs beside it, puts the new mail into it where the old one was scrolled to."""
STUDIO_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

DEFAULTS: Mapping[str, str] = {
    "Content-Security-Policy": PAGE_POLICY,
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class SecurityHeadersMiddleware:
    """Adds each header of `DEFAULTS` to a response that does not set it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in DEFAULTS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_safely if scope["type"] == "http" else send)
