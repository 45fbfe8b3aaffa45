"""Looks for English words of ours in what was said in another language."""

import html
import re
from functools import cache
from pathlib import Path

import digest
from digest.language.extraction import messages

CODE = Path(digest.__file__).parent
TEMPLATES = CODE.parent / "templates"
LANGUAGES = ("ar", "de", "es", "fr", "zh")
MANY_WORDS = 3
"""A message of more words is no name, and nobody else's phrase."""


@cache
def forms() -> tuple[tuple[str, ...], ...]:
    """Return every message of ours: its text, and its form for many if there is one."""
    found = (one.id for one in messages(CODE, TEMPLATES) if one.id)
    return tuple(one if isinstance(one, tuple) else (one,) for one in found)


@cache
def _english() -> tuple[re.Pattern[str], ...]:
    found = []
    for form in {form for many in forms() for form in many}:
        literal = re.sub(r"\{\w+\}|<[^>]+>", "\0", form)
        if len(re.findall(r"[^\W\d_]+", literal)) > MANY_WORDS:
            found.append(re.compile(".{1,90}?".join(map(re.escape, literal.split("\0")))))
    return tuple(found)


def english_in(text: str) -> list[str]:
    """Return the messages of ours that stand in `text` in English."""
    shown = html.unescape(re.sub(r"<[^>]*>|[\u200c\u2060\u2068\u2069]", "", text))
    plain = " ".join(shown.split())
    return [one.pattern for one in _english() if one.search(plain)]
