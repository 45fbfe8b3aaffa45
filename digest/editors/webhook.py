"""Posts what editors are told to a webhook, as JSON."""

import json
from http.client import HTTPException
from typing import Any
from urllib.request import Request

from store.http import opener

TIMEOUT_SECONDS = 10


def post_json(url: str, event: dict[str, Any]) -> None:
    """Post the event. Raises OSError unless it is answered with 2xx (urllib's errors are such)."""
    request = Request(  # noqa: S310 - http and https alone, checked where the setting is read
        url,
        data=json.dumps(event, ensure_ascii=False).encode(),
        headers={"Content-Type": "application/json; charset=utf-8", "User-Agent": "digest"},
        method="POST",
    )
    try:
        with opener(TIMEOUT_SECONDS).open(request, timeout=TIMEOUT_SECONDS):
            pass
    except HTTPException as error:
        raise OSError(f"it does not answer in HTTP ({type(error).__name__})") from error
