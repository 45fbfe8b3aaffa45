"""Reads the fields of small forms, up to a size limit."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
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
_FILE_NAME = re.compile(r""";\s*filename=(?:"([^"]*)"|([^\s;"]+))""", re.IGNORECASE)
MAX_UPLOAD_BYTES = 5 * 2**20
"""Of a form with a file: the file as text beside the fields that were read from it."""
MAX_UPLOAD_FIELDS = 2_000
MAX_DISCARDED = 100 * 2**20
"""Bytes of a form that is too large which are read on, so that a browser waits for the answer."""


@dataclass(frozen=True, slots=True)
class UploadForm:
    """The fields of a form, and the files that it holds by the names of their fields.

    `is_too_large` says that it was not read.
    """

    fields: dict[str, str] = field(default_factory=dict)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    is_too_large: bool = False


def clean(text: str, max_length: int) -> str:
    """Cuts text to one printable line: PostgreSQL takes no NUL, and people are shown the text."""
    return "".join(one for one in " ".join(text.split()) if one.isprintable())[:max_length]


async def read_small_body(request: Request) -> bytes:
    """Reads the whole body. Raises HTTPException if it is too large."""
    body = await _read_body(request, MAX_BODY_BYTES, MAX_BODY_BYTES)
    return body or b""


async def _read_body(request: Request, kept: int, discarded: int) -> bytes | None:
    """Reads the whole body; None if it has more bytes than are `kept`.

    Raises HTTPException if it has more than may be `discarded` too.
    """
    body, length = bytearray(), 0
    try:
        async for chunk in request.stream():
            length += len(chunk)
            if length > discarded:
                raise HTTPException(413)
            if length <= kept:
                body += chunk
    except ClientDisconnect:
        raise HTTPException(400) from None  # the client is gone, which is no error of ours
    return bytes(body) if length <= kept else None


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


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    file_name: str | None
    content: bytes


def _multipart(kind: str, body: bytes, max_fields: int) -> list[tuple[str, str]]:
    """Parses multipart/form-data as a script's `FormData` is sent; files are left out.

    Raises ValueError.
    """
    return [
        (part.name, part.content.decode("utf-8", "replace"))
        for part in _parts(kind, body, max_fields)
        if part.file_name is None
    ]


def _parts(kind: str, body: bytes, max_fields: int) -> Iterator[_Part]:
    """Yields the parts of multipart/form-data (RFC 7578). Raises ValueError.

    Python's email package takes the square of a header's length, and seconds for what fits here.
    """
    boundary = _BOUNDARY.search(kind[:MAX_PART_HEAD])
    if boundary is None:
        raise ValueError("no form")
    mark = re.escape((boundary[1] or boundary[2]).encode("latin-1", "replace"))
    _, *parts = re.split(rb"(?:\A|\r?\n)--" + mark, body, maxsplit=max_fields + 1)
    whole = [part for part in parts if not part.startswith(b"--")]
    if not whole or len(whole) > max_fields:
        raise ValueError("no form")
    for part in whole:
        head, _, content = part.partition(b"\r\n\r\n" if b"\r\n" in part[:100] else b"\n\n")
        stated = _DISPOSITION.search(
            _FOLD.sub(" ", head[:MAX_PART_HEAD].decode("utf-8", "replace"))
        )
        name = _quoted(_NAME, stated[1]) if stated else None
        if stated is None or name is None:
            continue
        file_name = (_quoted(_FILE_NAME, stated[1]) or "") if _FILE.search(stated[1]) else None
        yield _Part(name, file_name, content)


def _quoted(pattern: re.Pattern[str], text: str) -> str | None:
    """Returns a parameter's value, quoted or not; None if there is none."""
    found = pattern.search(text)
    if found is None:
        return None
    return str(found[1] if found[1] is not None else found[2])


async def _form_fields(request: Request) -> dict[str, str]:
    """Returns the fields of a form. Raises HTTPException if it is too large."""
    return dict(await _pairs(request, MAX_FIELDS))


async def _field_list(request: Request) -> list[tuple[str, str]]:
    """Returns the same, keeping fields that occur several times, as checkboxes do."""
    return await _pairs(request, MAX_REPEATED_FIELDS)


async def _upload_form(request: Request) -> UploadForm:
    """Returns the fields and files of a form. Raises HTTPException for what is no form."""
    body = await _read_body(request, MAX_UPLOAD_BYTES, MAX_DISCARDED)
    if body is None:
        return UploadForm(is_too_large=True)
    kind = request.headers.get("content-type", "")
    try:
        if not kind.lower().startswith("multipart/form-data"):
            text = body.decode("utf-8", "replace")
            pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_UPLOAD_FIELDS)
            return UploadForm(dict(pairs))
        parts = list(_parts(kind, body, MAX_UPLOAD_FIELDS))
    except ValueError:
        raise HTTPException(400) from None
    return UploadForm(
        {
            one.name: one.content.decode("utf-8", "replace")
            for one in parts
            if one.file_name is None
        },
        {one.name: (one.file_name, one.content) for one in parts if one.file_name},
    )


FormFieldList = Annotated[list[tuple[str, str]], Depends(_field_list)]
FormFields = Annotated[dict[str, str], Depends(_form_fields)]
FormUpload = Annotated[UploadForm, Depends(_upload_form)]
