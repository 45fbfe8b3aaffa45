"""Encodes text with slots as quoted-printable (RFC 2045 section 6.7).

The standard library's encoder may fold a line inside a slot's mark, and would have to run once
a recipient. This one runs once a variant and keeps every mark whole. A dot at the start of a
line is encoded, so that no message ever needs dot-stuffing (RFC 5321 section 4.5.2).
"""

import re

MAX_LINE = 76
"""Columns: RFC 2045 section 6.7 (5)."""
SOFT_BREAK = b"=\r\n"
_PLAIN = {*range(33, 127), ord(" "), ord("\t")} - {ord("=")}
_CODED = re.compile(rb"[^\t -~]")
"""Matches what must be encoded, `=` aside: most rows of an issue hold none of it."""
_NEEDS_NO_CODE = re.compile(r"[!-\-/-<>-~](?:[ !-<>-~]{0,70}[!-<>-~])?")
"""Matches a value of one line that is its own encoding, as most greetings are."""
_CODES = {byte: f"={byte:02X}" for byte in range(256) if byte not in _PLAIN}


def encode_text(text: str, marks: re.Pattern[str], widths: dict[str, int]) -> list[bytes | str]:
    """Encode `text` into pieces: bytes, and marks (as str) where a recipient's value goes.

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
    """Encode a value that stands between two soft line breaks; its line ends become spaces."""
    if _NEEDS_NO_CODE.fullmatch(value):
        return value.encode("ascii")
    pieces: list[bytes | str] = []
    line = _Line(pieces)
    line.add(re.sub(r"[\r\n]+", " ", value))
    line.flush()
    return b"".join(piece for piece in pieces if isinstance(piece, bytes))


class _Line:
    """Write lines of at most 76 columns, one of them reserved for a soft break's `=`."""

    def __init__(self, pieces: list[bytes | str]) -> None:
        self._pieces = pieces
        self._out = bytearray()
        self._column = 0

    def add(self, text: str) -> None:
        """Write text without line ends, folding where needed."""
        codes, at = _encode(text), 0
        while at < len(codes):
            if not self._column and codes.startswith(b".", at):
                self._out += b"=2E"
                self._column = 3
                at += 1
                continue
            end = _cut(codes, at + MAX_LINE - 1 - self._column)
            self._out += codes[at:end]
            self._column += end - at
            at = end
            if at < len(codes):
                self._soft_break()

    def mark(self, mark: str, width: int | None) -> None:
        """Put a mark; `width` is how many columns its value takes, None if that varies."""
        if width is None:
            # Any length: its own lines. An empty line before or after it costs three bytes.
            self._soft_break()
            self._put(mark)
            self._soft_break()
            return
        if self._column + width > MAX_LINE - 1:
            self._soft_break()
        self._put(mark)
        self._column += width

    def end(self) -> None:
        """End the line; white space before it is encoded, since transports may strip it."""
        if self._out and self._out[-1] in b" \t":
            self._out[-1:] = b"=%02X" % self._out[-1]
        self._out += b"\r\n"
        self._column = 0

    def flush(self) -> None:
        """Write what is left."""
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


def _encode(text: str) -> bytes:
    """Encode every octet, without regard to line length."""
    octets = text.encode("utf-8", "replace")
    if _CODED.search(octets):
        return octets.decode("latin-1").translate(_CODES).encode("ascii")
    return octets.replace(b"=", b"=3D")


def _cut(codes: bytes, end: int) -> int:
    """Return the last place up to `end` that is not inside an encoded octet."""
    if end >= len(codes):
        return len(codes)
    before = codes.rfind(b"=", max(end - 2, 0), end)
    return end if before < 0 else before
