"""Decodes sources: by a byte order mark, by what HTML declares, else as UTF-8."""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from contextlib import suppress

from digest.catalog.intake import charset
from digest.catalog.intake.cleaning import printable
from digest.catalog.intake.files import ENDINGS, HTML_ENDINGS, FileError

LOOKS_LIKE_HTML = re.compile(r"\s*<(?:!doctype|!--|\?xml|[a-z][a-z0-9]*[\s/>])", re.IGNORECASE)
_SNIFFED_BYTES = 1024
_SHOWN_CODECS = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16"}


def decode(data: bytes, ending: str = "", label: str = "") -> str:
    """Decode the bytes of a source with this `ending`. Raises FileError, for no text too.

    A byte order mark says UTF-8 or UTF-16; else what came with it may be its encoding's `label`, or
    HTML may declare one, and all other text is UTF-8.
    """
    text = _without_declaration(data)
    if text is None and (label or is_html(data, ending)):
        text = _as_declared(data, label or charset.declared_charset(data))
    elif text is None:
        text = _decoded(data, "utf-8")
    if "\0" in text:
        raise FileError("a binary file", "page text, Markdown, HTML or JSON")
    if not text.strip():
        raise FileError("an empty file", "page text, Markdown, HTML or JSON")
    return text


def is_html(data: bytes, ending: str) -> bool:
    """Return whether a source is HTML, by its ending or, without a known one, by how it begins."""
    if ending in ENDINGS:
        return ending in HTML_ENDINGS
    return LOOKS_LIKE_HTML.match(data[:_SNIFFED_BYTES].decode("latin-1")) is not None


def _without_declaration(data: bytes) -> str | None:
    """Decode what has a byte order mark, or is no text; None of anything else."""
    if data.startswith(BOM_UTF8):
        return _decoded(data, "utf-8-sig")
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return _decoded(data, "utf-16")
    return "\0" if b"\0" in data else None


def _as_declared(data: bytes, label: str | None) -> str:
    """Decode text by the encoding that it declares.

    Where it declares one byte a character but its letters are valid UTF-8, it was saved anew and
    the declaration is stale: such text does not come out as UTF-8 by chance. Text in an encoding
    of several bytes a character may, so there the declaration counts.
    """
    if label is None:
        return _decoded(data, "utf-8")
    try:
        codec = charset.codec_for(label)
    except charset.UnknownCharsetError:
        found = f'the declared charset "{printable(label)}"'
        raise FileError(found, "UTF-8 or another charset that browsers know") from None
    if codec in charset.SINGLE_BYTE and not data.isascii():
        with suppress(UnicodeDecodeError):
            return data.decode()
    return _decoded(data, codec)


def _decoded(data: bytes, codec: str) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        offset = error.start + len(data) - len(error.object)
        byte = f"the byte 0x{error.object[error.start]:02x} at offset {offset}"
        shown = _SHOWN_CODECS.get(codec, codec)
        raise FileError(byte, f"{shown} text") from None
