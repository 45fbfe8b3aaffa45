"""Decodes a file: detects its encoding, and checks it to the end, before the first row."""

import codecs
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from typing import IO, BinaryIO, TextIO, cast

from store.errors import UserError

_PIECE = 1 << 20
_UTF_8 = "a file saved as UTF-8 (in a spreadsheet: CSV UTF-8)"


class ImportRefusedError(UserError, ValueError):
    """The file can't be imported; one line: what was found and what was expected."""


@dataclass(frozen=True, slots=True)
class DecodedFile:
    """The text of a file; `guessed` if its bytes only allow `encoding` but do not prove it."""

    text: TextIO
    encoding: str
    guessed: bool
    position: Callable[[], int]
    """How many bytes have been read; of a pipe, of its copy."""


@contextmanager
def open_as_text(file: BinaryIO, encoding: str | None = None) -> Iterator[DecodedFile]:
    """Open `file`, from where it stands, as UTF-8, UTF-16 or, if it is neither, Windows-1252.

    An `encoding` that the operator names is taken instead.

    A pipe is copied to a temporary file first, since the whole file is checked before its first
    row is read. Raises ImportRefusedError.
    """
    if file.seekable():
        yield from _opened(file, encoding)
        return
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(file, copy, _PIECE)
        copy.seek(0)
        yield from _opened(copy, encoding)


def _opened(file: IO[bytes], encoding: str | None) -> Iterator[DecodedFile]:
    start = file.tell()
    codec, name, guessed = _named(file, encoding) if encoding else _encoding(file, start)
    file.seek(start)
    text = TextIOWrapper(cast("BinaryIO", file), encoding=codec, newline="")
    try:
        yield DecodedFile(text, name, guessed, file.tell)
    finally:
        text.detach()  # the file is its opener's to close


def _named(file: IO[bytes], encoding: str) -> tuple[str, str, bool]:
    """Return what `_encoding` returns, for an encoding that the operator names."""
    try:
        codec = codecs.lookup(encoding).name
        str(b"", codec)
    except (LookupError, ValueError):
        raise ImportRefusedError(
            f"--encoding: found {encoding!r}, expected a name like utf-8, cp1252, cp1250 or latin-1"
        ) from None
    if codec == "utf-8":
        codec = "utf-8-sig"
    return _checked(file, codec, encoding), encoding, False


def _encoding(file: IO[bytes], start: int) -> tuple[str, str, bool]:
    """Return codec, name, and whether it is a guess. Byte order marks: Unicode 16, 23.8."""
    head = file.read(1024)
    file.seek(start)
    if head.startswith(b"PK\x03\x04"):
        raise ImportRefusedError(f"found a workbook or another archive, expected {_UTF_8}")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _checked(file, "utf-16", "UTF-16"), "UTF-16", False
    for codec, places in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
        if len(head) > 3 and places.count(0) * 10 > len(places) * 9:  # noqa: PLR2004 - two letters
            return _checked(file, codec, "UTF-16"), "UTF-16", False
    fault = _first_fault(file, "utf-8")
    if fault is None:
        return "utf-8-sig", "UTF-8", False
    file.seek(start)
    if head.startswith(codecs.BOM_UTF8) or _first_fault(file, "cp1252") is not None:
        raise ImportRefusedError(f"line {fault}: found bytes that are not UTF-8, expected {_UTF_8}")
    return "cp1252", "Windows-1252", True


def _checked(file: IO[bytes], codec: str, name: str) -> str:
    fault = _first_fault(file, codec)
    if fault is not None:
        raise ImportRefusedError(
            f"line {fault}: found bytes that are not {name}, expected {_UTF_8}"
        )
    return codec


def _first_fault(file: IO[bytes], codec: str) -> int | None:
    """Return the line, from 1, of the first bytes that `codec` can't decode; None if all can."""
    decoder = codecs.getincrementaldecoder(codec)()
    line = 1
    while True:
        piece = file.read(_PIECE)
        try:
            line += decoder.decode(piece, final=not piece).count("\n")
        except UnicodeDecodeError as error:
            before = bytes(error.object)[: error.start]
            return line + before.decode(codec, "ignore").count("\n")
        if not piece:
            return None
