"""Finds what an editor has left to be written: "TK" in a text, and texts without a word."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from digest.issues.revisions import fields

_TO_COME = re.compile(r"(?<![^\W_])(?<![./@#-])(?:TK)+(?![^\W_])(?![/@-]|\.\w)")
"""A word of its own, as journalists write it; not Tk, not within an address."""
_SEEN = frozenset("LNS")
"""General categories of what can be read: letters, numbers, symbols (emoji among them)."""


def unfinished(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each field with an editor's text that is not finished, and what is missing."""
    for field, value in values.items():
        text = fields.text_of(value) if fields.is_text(field) else ""
        if not text:
            continue
        if mark := _TO_COME.search(text):
            yield field, f"{mark[0]} stands for what is still to be written"
        elif not any(unicodedata.category(one)[0] in _SEEN for one in text):
            yield field, "it has no word"
