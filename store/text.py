"""Makes text from outside fit to be kept and shown: in time linear in its length.

`unicodedata.normalize` sorts each run of combining marks by insertion, so 64 KB of accents take
seconds. Text that people write has a few marks in a row; Unicode's Stream-Safe Text Format allows
30 (UAX #15, section 13). What comes beyond them is dropped before anything is sorted.
"""

import unicodedata
from typing import Literal

MAX_MARKS = 30
"""Combining marks in a row (UAX #15, Stream-Safe Text Format)."""
Form = Literal["NFC", "NFKC", "NFKD"]


def normalize(form: Form, text: str) -> str:
    """Return `text` in that form, without marks beyond MAX_MARKS in a row."""
    return text if text.isascii() else unicodedata.normalize(form, limit_marks(text))


def printable_line(text: str) -> str:
    """Return `text` on one line, without what steers a terminal and what no database takes."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def limit_marks(text: str) -> str:
    """Return `text` with at most MAX_MARKS combining marks in a row."""
    combining = unicodedata.combining
    kept: list[str] = []
    begin, marks = 0, 0
    for place, char in enumerate(text):
        # No mark stands before U+0300.
        if char < "\u0300" or not combining(char):
            if marks > MAX_MARKS:
                kept.append(text[begin : place - marks + MAX_MARKS])
                begin = place
            marks = 0
        else:
            marks += 1
    if marks > MAX_MARKS:
        kept.append(text[begin : len(text) - marks + MAX_MARKS])
        begin = len(text)
    return "".join([*kept, text[begin:]]) if kept else text
