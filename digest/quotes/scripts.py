"""Measures words and width of text, also where a script has no spaces between words."""

import re
import unicodedata

# Han, kana, and their full-width punctuation: about two characters make a word.
_IDEOGRAPHS = (
    "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
# Thai, Lao, Burmese, Khmer: about four characters make a word.
_SOUTH_EAST = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_IDEOGRAPH = re.compile(f"[{_IDEOGRAPHS}]")
_SOUTH_EASTERN = re.compile(f"[{_SOUTH_EAST}]")
_UNSPACED = re.compile(f"[{_IDEOGRAPHS}{_SOUTH_EAST}]")


def is_unspaced(character: str) -> bool:
    """Return whether `character` belongs to a script that puts no space between words."""
    return _UNSPACED.match(character) is not None


def word_count(text: str) -> int:
    """Return how many words `text` has.

    A word is what stands between spaces and has a letter or a digit. Where a script has no spaces,
    two Chinese or Japanese characters count as one word, and four of Thai, Lao, Burmese or Khmer.
    """
    spaced = _UNSPACED.sub(" ", text).split()
    words = sum(any(character.isalnum() for character in token) for token in spaced)
    return words + len(_IDEOGRAPH.findall(text)) // 2 + len(_SOUTH_EASTERN.findall(text)) // 4


def width(text: str) -> int:
    """Return how many columns `text` takes: two for a wide character, none for a combining mark."""
    if text.isascii():
        return len(text)
    return sum(
        2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
        if not unicodedata.combining(character)
    )
