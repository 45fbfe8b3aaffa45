"""Posts what editors are told to a webhook, as JSON."""

import json
from typing import Any
from urllib.request import HTTPRedirectHandler, Request, build_opener

TIMEOUT_SECONDS = 10


class _NoRedirect(HTTPRedirectHandler):
    """A redirect is an answer like any other that is no 2xx: what is told goes nowhere else."""

    def redirect_request(self, *_: Any) -> None:
        return None


def post_json(url: str, event: dict[str, Any]) -> None:
    """Post the event. Raises OSError unless it is answered with 2xx (urllib's errors are such)."""
    request = Request(  # noqa: S310 - http and https alone, checked where the setting is read
        url,
        data=json.dumps(event, ensure_ascii=False).encode(),
        headers={"Content-Type": "application/json; charset=utf-8", "User-Agent": "digest"},
        method="POST",
    )
    with build_opener(_NoRedirect).open(request, timeout=TIMEOUT_SECONDS):
        pass
