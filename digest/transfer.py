"""Quoted-printable for text with slots (RFC 2045 section 6.7).

The standard library's encoder may fold a line inside a slot's mark, and would have to run once
a recipient. This one runs once a variant and keeps every mark whole. A dot at the start of a
line is encoded, so that no message ever needs dot-stuffing (RFC 5321 section 4.5.2).
"""

import re
from collections.abc import Iterator

LINE = 76
SOFT_BREAK = b"=\r\n"
_PLAIN = {byte: bytes([byte]) for byte in range(33, 127) if byte != ord("=")} | {32: b" ", 9: b"\t"}
_CODE = [_PLAIN.get(byte, b"=%02X" % byte) for byte in range(256)]


def encode_text(text: str, marks: re.Pattern[str], widths: dict[str, int]) -> list[bytes | str]:
    """`text` as pieces: encoded bytes, and marks (as str) where a recipient's value goes.

    `widths` says how many columns a mark's value takes; a mark without a width is text of any
    length and is set between soft line breaks, with `encode_piece` to encode its value. Line
    ends come out as CRLF.
    """
    pieces: list[bytes | str] = []
    line = _Line(pieces)
    for number, row in enumerate(re.split(r"\r\n|\r|\n", text)):
        if number:
            line.end()
        start = 0
        for match in marks.finditer(row):
            line.add(row[start : match.start()])
            line.mark(match[0], widths.get(match[0]))
            start = match.end()
        line.add(row[start:])
    line.flush()
    return pieces


def encode_piece(value: str) -> bytes:
    """A value that stands between two soft line breaks; line ends in it become spaces."""
    pieces: list[bytes | str] = []
    line = _Line(pieces)
    line.add(re.sub(r"[\r\n]+", " ", value))
    line.flush()
    return b"".join(piece for piece in pieces if isinstance(piece, bytes))


class _Line:
    """The line being written: no more than 76 columns, one of them kept for a soft break's `=`."""

    def __init__(self, pieces: list[bytes | str]) -> None:
        self._pieces = pieces
        self._out = bytearray()
        self._column = 0

    def add(self, text: str) -> None:
        for code in _codes(text):
            if self._column + len(code) > LINE - 1:
                self._soft_break()
            if self._column == 0 and code == b".":
                code = b"=2E"  # noqa: PLW2901 - the code as it has to stand here
            self._out += code
            self._column += len(code)

    def mark(self, mark: str, width: int | None) -> None:
        if width is None:
            # Any length: its own lines. An empty line before or after it costs three bytes.
            self._soft_break()
            self._put(mark)
            self._soft_break()
            return
        if self._column + width > LINE - 1:
            self._soft_break()
        self._put(mark)
        self._column += width

    def end(self) -> None:
        """A hard line end; white space before it is encoded, or transport may strip it."""
        if self._out and self._out[-1] in b" \t":
            self._out[-1:] = b"=%02X" % self._out[-1]
        self._out += b"\r\n"
        self._column = 0

    def flush(self) -> None:
        if self._out and self._out[-1] in b" \t":
            self._out[-1:] = b"=%02X" % self._out[-1]
        self._emit()

    def _soft_break(self) -> None:
        self._out += SOFT_BREAK
        self._column = 0

    def _put(self, mark: str) -> None:
        self._emit()
        self._pieces.append(mark)

    def _emit(self) -> None:
        if self._out:
            self._pieces.append(bytes(self._out))
            self._out = bytearray()


def _codes(text: str) -> Iterator[bytes]:
    return (_CODE[byte] for byte in text.encode("utf-8", "replace"))
