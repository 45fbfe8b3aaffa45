"""Shares what every page of the studio needs: its headers, and how a form's answer goes on."""

import re

from fastapi.responses import RedirectResponse

from digest.web.headers import STUDIO_POLICY

HEADERS = {"Content-Security-Policy": STUDIO_POLICY, "Cache-Control": "no-store"}


def see_other(path: str) -> RedirectResponse:
    """Returns the answer to a form that was accepted: the page to look at now, by GET."""
    return RedirectResponse(path, 303)


def without_cli_hint(text: str) -> str:
    """Return a refusal without the command that would help on the command line."""
    return re.sub(
        r"(; see|; approve it first|; send it with|, see|; to send now|; look again|; to move it"
        r"|; to add it|; to stop it|; `digest comparisons list` shows .*)?: digest .*",
        "",
        text,
    )
