"""Reads the fields of small forms, up to a size limit."""

from email.parser import BytesParser
from email.policy import HTTP
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


async def _pairs(request: Request, max_fields: int) -> list[tuple[str, str]]:
    """Returns names and values in their order. Raises HTTPException for what is no form."""
    body = await read_small_body(request)
    kind = request.headers.get("content-type", "")
    try:
        if kind.lower().startswith("multipart/form-data"):
            return _multipart(kind, body, max_fields)
        text = body.decode("utf-8", "replace")
        return parse_qsl(text, keep_blank_values=True, max_num_fields=max_fields)
    except ValueError:
        raise HTTPException(400) from None


def _multipart(kind: str, body: bytes, max_fields: int) -> list[tuple[str, str]]:
    """Parses multipart/form-data (RFC 7578), as a script's `FormData` is sent; files are left out.

    Raises ValueError.
    """
    head = b"Content-Type: " + kind.encode("latin-1", "replace").replace(b"\n", b" ") + b"\r\n\r\n"
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    parts = list(message.iter_parts()) if message.is_multipart() else []
    if not parts or len(parts) > max_fields:
        raise ValueError("no form")
    found = []
    for part in parts:
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes) and not part.get_filename():
            found.append((name, content.decode("utf-8", "replace")))
    return found


async def _form_fields(request: Request) -> dict[str, str]:
    """Returns the fields of a form. Raises HTTPException if it is too large."""
    return dict(await _pairs(request, MAX_FIELDS))


async def _field_list(request: Request) -> list[tuple[str, str]]:
    """Returns the same, keeping fields that occur several times, as checkboxes do."""
    return await _pairs(request, MAX_REPEATED_FIELDS)


FormFieldList = Annotated[list[tuple[str, str]], Depends(_field_list)]
FormFields = Annotated[dict[str, str], Depends(_form_fields)]
