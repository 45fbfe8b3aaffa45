"""Reads text line by line, many lines at once, and holds no line that is too long.

Lines end at LF, CR or CR LF, and keep their ends.
"""

import re
from collections import deque
from collections.abc import Iterator
from io import StringIO
from typing import TextIO

from store.errors import DigestError

MAX_LINE = 1_000_000
"""Characters; what is longer is passed on in pieces, and not held."""
_BLOCK = 1 << 14
"""Characters read at a time: few enough that what is made of them stays near the processor."""
_MOST_AGAIN = 1_000
"""Lines taken at a time of those that were given back."""
_LINE_END = re.compile(r"\r\n|\r|\n")


class LineTooLongError(DigestError):
    """The next line is too long to be held; `LineReader.long_line` has it in pieces."""


class LineReader:
    """Reads the lines of a text that was opened with `newline=""`."""

    def __init__(self, text: TextIO) -> None:
        self.number = 0
        """The number of the line that was taken last, from 1."""
        self._text = text
        self._again: deque[str] = deque()
        self._lines: deque[str] = deque()
        self._rest = ""
        """What was read of a line whose end was not."""
        self._long: str | None = None
        """What was read of a line that is too long; it stands before `_lines`."""
        self._long_has_more = False

    def take(self) -> list[str]:
        """Return some of the next lines; none at the end. Raises LineTooLongError."""
        if not self._again:
            self._fill()
        if self._again:
            lines = [self._again.popleft() for _ in range(min(len(self._again), _MOST_AGAIN))]
        else:
            lines = list(self._lines)
            self._lines.clear()
        self.number += len(lines)
        return lines

    def next_line(self) -> str:
        """Return the next line; empty at the end. Raises LineTooLongError."""
        if not self._again:
            self._fill()
        lines = self._again or self._lines
        if not lines:
            return ""
        self.number += 1
        return lines.popleft()

    def give_back(self, lines: list[str]) -> None:
        """Let the lines that were taken last be read again."""
        self._again.extendleft(reversed(lines))
        self.number -= len(lines)

    @property
    def long_start(self) -> str:
        """What was read of a line that is too long; empty if the next one is not."""
        return self._long or ""

    def long_line(self) -> Iterator[str]:
        """Yield the text of the line that is too long, in pieces, without its end; once."""
        begun, self._long = self._long, ""
        if begun:
            yield begun
        while self._long_has_more:
            piece = self._text.read(_BLOCK)
            end = _LINE_END.search(piece)
            self._long_has_more = bool(piece) and end is None
            if end is not None:
                self._rest = piece[end.end() :]
                if end[0] == "\r" and not self._rest:
                    self._rest = self._text.read(1).removeprefix("\n")
                piece = piece[: end.start()]
            if piece:
                yield piece

    def skip_long_line(self) -> None:
        """Go on after the line that is too long, whether it was read or not."""
        for _ in self.long_line():
            pass
        self._long = None
        self.number += 1

    def _fill(self) -> None:
        """Read on until there is a whole line, or the end. Raises LineTooLongError."""
        while self._long is None and not self._lines:
            piece = self._text.read(_BLOCK)
            lines = StringIO(self._rest + piece, newline="").readlines()
            # A CR at the end may be the first half of a line's end.
            self._rest = lines.pop() if piece and lines[-1][-1] != "\n" else ""
            if lines and len(lines[0]) > MAX_LINE:
                self._long = lines.pop(0).rstrip("\r\n")
            elif not lines and len(self._rest) > MAX_LINE:
                self._long, self._rest, self._long_has_more = self._rest, "", True
            self._lines.extend(lines)
            if not piece:
                break
        if self._long is not None:
            raise LineTooLongError
