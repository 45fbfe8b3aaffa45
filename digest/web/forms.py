"""Reads the fields of small forms, up to a size limit."""

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, HTTPException, Request
from starlette.requests import ClientDisconnect

MAX_BODY_BYTES = 65_536
MAX_FIELDS = 200
MAX_REPEATED_FIELDS = 500


def clean(text: str, max_length: int) -> str:
    """Cuts text to one printable line: PostgreSQL takes no NUL, and people are shown the text."""
    return "".join(one for one in " ".join(text.split()) if one.isprintable())[:max_length]


async def read_small_body(request: Request) -> bytes:
    """Reads the whole body. Raises HTTPException if it is too large."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                raise HTTPException(413)
    except ClientDisconnect:
        raise HTTPException(400) from None  # the client is gone, which is no error of ours
    return bytes(body)


async def _form_fields(request: Request) -> dict[str, str]:
    """Reads the fields of an urlencoded body. Raises HTTPException if it is too large."""
    body = await read_small_body(request)
    try:
        text = body.decode("utf-8", "replace")
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError:
        raise HTTPException(400) from None


async def _field_list(request: Request) -> list[tuple[str, str]]:
    """Reads the fields, keeping those that occur several times, as checkboxes do."""
    body = await read_small_body(request)
    try:
        text = body.decode("utf-8", "replace")
        return parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_REPEATED_FIELDS)
    except ValueError:
        raise HTTPException(400) from None


FormFieldList = Annotated[list[tuple[str, str]], Depends(_field_list)]
FormFields = Annotated[dict[str, str], Depends(_form_fields)]
