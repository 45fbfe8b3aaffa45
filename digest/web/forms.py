"""Small forms: a handful of fields, read to a limit."""

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, HTTPException, Request
from starlette.requests import ClientDisconnect

LARGEST_FORM = 65_536
MOST_FIELDS = 200
MOST_BOXES = 500


def clean(text: str, longest: int) -> str:
    """On one line, printable: it goes into a database that takes no NUL, and is shown to people."""
    return "".join(one for one in " ".join(text.split()) if one.isprintable())[:longest]


async def read_small_body(request: Request) -> bytes:
    """A body whole; an HTTPException for one that is too large."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_FORM:
                raise HTTPException(413)
    except ClientDisconnect:
        raise HTTPException(400) from None  # nobody hears it, and it is no fault of ours
    return bytes(body)


async def _small_form(request: Request) -> dict[str, str]:
    """The fields of an urlencoded body; an HTTPException for one that is too large."""
    body = await read_small_body(request)
    try:
        text = body.decode("utf-8", "replace")
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        raise HTTPException(400) from None


async def _small_fields(request: Request) -> list[tuple[str, str]]:
    """The same with what stands there several times, as ticked boxes do."""
    body = await read_small_body(request)
    try:
        text = body.decode("utf-8", "replace")
        return parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_BOXES)
    except ValueError:
        raise HTTPException(400) from None


FormFieldList = Annotated[list[tuple[str, str]], Depends(_small_fields)]
FormFields = Annotated[dict[str, str], Depends(_small_form)]
