"""Cleans the text of a page: NFC, no control characters, nothing invisible or overriding.

Kept of the invisible ones: ZWJ and ZWNJ (emoji sequences, Persian, Indic scripts) and variation
selectors. Dropped: other format characters (zero-width space, soft hyphen, byte order mark, bidi
marks and overrides, tags), controls, private use, lone surrogates and noncharacters. Unassigned
code points stay: a newer Unicode may have given them to an emoji.
"""

import re
import unicodedata

from store.text import normalize

_JOINERS = "\u200c\u200d"
_SENTENCE_END = tuple('.!?…:;”"’)]»。！？')
_NEW_LINE = re.compile(r"\r\n?|\n")


def clean_line(text: str) -> str:
    """Return `text` cleaned and as one line, each run of white space a single space."""
    if not text.isprintable():
        # Dropping goes first: what is dropped may have stood between a letter and its accent.
        text = "".join(char for char in text if char.isspace() or not _is_dropped(char))
    return " ".join(normalize("NFC", text).split())


def clean_prose(text: str) -> str:
    """Return `text` as paragraphs, an empty line between them; single line ends become spaces."""
    blocks: list[list[str]] = [[]]
    for row in _NEW_LINE.split(text):
        line = clean_line(row)
        if line:
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    return "\n\n".join(clean_line(" ".join(block)) for block in blocks if block)


def join_lines(lines: list[str]) -> str:
    """Join the lines of a page to prose: a line that ends like a sentence ends its paragraph."""
    paragraphs: list[str] = []
    is_open = False
    for line in lines:
        if is_open:
            paragraphs[-1] = f"{paragraphs[-1]} {line}"
        else:
            paragraphs.append(line)
        is_open = not line.endswith(_SENTENCE_END)
    return "\n\n".join(paragraphs)


def split_lines(text: str) -> list[str]:
    """Split at LF, CRLF and CR only; other line ends of Unicode are white space within a line."""
    return _NEW_LINE.split(text)


def is_blank(text: str) -> bool:
    """Return whether nothing of `text` can be seen (a cleaned text may still hold joiners)."""
    return all(char.isspace() or char in _JOINERS or "\ufe00" <= char <= "\ufe0f" for char in text)


def printable(text: str) -> str:
    """Return `text` for a terminal: one clean line, undecodable bytes of a path escaped."""
    return clean_line(text.encode("utf-8", "backslashreplace").decode())


def _is_dropped(char: str) -> bool:
    if char.isascii():
        return not char.isprintable()
    kind = unicodedata.category(char)
    if kind in ("Cc", "Co", "Cs"):
        return True
    if kind == "Cf":
        return char not in _JOINERS
    return ord(char) & 0xFFFE == 0xFFFE or "\ufdd0" <= char <= "\ufdef"  # noqa: PLR2004 - xFFFE, xFFFF
