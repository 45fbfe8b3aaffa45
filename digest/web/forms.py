"""Reads the fields of small forms, up to a size limit."""

import re
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, HTTPException, Request
from starlette.requests import ClientDisconnect

MAX_BODY_BYTES = 65_536
MAX_FIELDS = 200
MAX_REPEATED_FIELDS = 500
MAX_PART_HEAD = 1_000
"""Characters read of the headers of a multipart form, and of each of its parts."""
_BOUNDARY = re.compile(r""";\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))""", re.IGNORECASE)
_FOLD = re.compile(r"\r?\n[ \t]+")
_DISPOSITION = re.compile(r"^content-disposition:\s*form-data(.*)", re.IGNORECASE | re.MULTILINE)
_FILE = re.compile(r";\s*filename\*?=", re.IGNORECASE)
_NAME = re.compile(r""";\s*name=(?:"([^"]*)"|([^\s;"]+))""", re.IGNORECASE)


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

    Python's email package takes the square of a header's length, and seconds for what fits here.
    Raises ValueError.
    """
    boundary = _BOUNDARY.search(kind[:MAX_PART_HEAD])
    if boundary is None:
        raise ValueError("no form")
    mark = re.escape((boundary[1] or boundary[2]).encode("latin-1", "replace"))
    _, *parts = re.split(rb"(?:\A|\r?\n)--" + mark, body, maxsplit=max_fields + 1)
    whole = [part for part in parts if not part.startswith(b"--")]
    if not whole or len(whole) > max_fields:
        raise ValueError("no form")
    found = []
    for part in whole:
        head, _, content = part.partition(b"\r\n\r\n" if b"\r\n" in part[:100] else b"\n\n")
        name = _field_name(head[:MAX_PART_HEAD].decode("utf-8", "replace"))
        if name is not None:
            found.append((name, content.decode("utf-8", "replace")))
    return found


def _field_name(head: str) -> str | None:
    """Returns the name of the field that a part's headers tell of; None for a file or no field."""
    stated = _DISPOSITION.search(_FOLD.sub(" ", head))
    if stated is None or _FILE.search(stated[1]):
        return None
    name = _NAME.search(stated[1])
    return (name[1] if name[1] is not None else name[2]) if name else None


async def _form_fields(request: Request) -> dict[str, str]:
    """Returns the fields of a form. Raises HTTPException if it is too large."""
    return dict(await _pairs(request, MAX_FIELDS))


async def _field_list(request: Request) -> list[tuple[str, str]]:
    """Returns the same, keeping fields that occur several times, as checkboxes do."""
    return await _pairs(request, MAX_REPEATED_FIELDS)


FormFieldList = Annotated[list[tuple[str, str]], Depends(_field_list)]
FormFields = Annotated[dict[str, str], Depends(_form_fields)]
