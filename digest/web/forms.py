"""Small forms: a handful of fields, read to a limit."""

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, HTTPException, Request

LARGEST_FORM = 65_536
MOST_FIELDS = 200


async def small_body(request: Request) -> bytes:
    """A body whole; an HTTPException for one that is too large."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            raise HTTPException(413)
    return bytes(body)


async def _small_form(request: Request) -> dict[str, str]:
    """The fields of an urlencoded body; an HTTPException for one that is too large."""
    body = await small_body(request)
    try:
        text = body.decode("utf-8", "replace")
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        raise HTTPException(400) from None


SmallForm = Annotated[dict[str, str], Depends(_small_form)]
