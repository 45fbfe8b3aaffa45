"""What every page of the studio has in common: its headers, and how a form's answer goes on."""

from fastapi.responses import RedirectResponse

from digest.web.headers import STUDIO_POLICY

HEADERS = {"Content-Security-Policy": STUDIO_POLICY, "Cache-Control": "no-store"}


def see_other(path: str) -> RedirectResponse:
    """Returns the answer to a form that was accepted: the page to look at now, by GET."""
    return RedirectResponse(path, 303)
