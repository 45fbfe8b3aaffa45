"""Turns names into slugs, which stand in addresses and tell whether two pages mean one tool."""

import hashlib
import re
import unicodedata

from store.text import normalize

TOOL_SLUG_LENGTH = 190
"""Two of these, joined, fit the column of a comparison's slug."""
COMPARISON_SLUG_LENGTH = 400
_HASH_LENGTH = 10
_SPOKEN = {"&": " and ", "+": " plus "}
_DROPPED = "'’‘`´"
# Latin letters that Unicode doesn't take apart into a plain letter and an accent.
_LATIN = {
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l",
    "ħ": "h", "ı": "i", "ŋ": "ng", "ĸ": "k", "ŧ": "t", "ə": "e",
}  # fmt: skip

MAX_READ = 1_000
"""Characters of a name that are folded; a slug is shorter, and ends in a hash of the whole name."""


def slugify(name: str) -> str:
    """Return `name` in lower case with hyphens: 'Llama 4 Compact (12B)' -> 'llama-4-compact-12b'.

    Latin letters lose their accents; other letters stay as they are (NFKC, lower case), so that
    two tools named in another script never share a slug. '&' becomes 'and', '+' becomes 'plus'. A
    name without a letter or digit gets a slug made from its hash. At most 190 characters.
    """
    folded = fold(name)
    if not folded:
        return f"tool-{_hash(normalize('NFKC', name))}"
    return _bounded(folded, name, TOOL_SLUG_LENGTH)


def comparison_slug(left: str, right: str) -> str:
    """Join two names or slugs: 'SmolLM3', 'Mistral Medium 3' -> 'smollm3-vs-mistral-medium-3'."""
    whole = f"{slugify(left)}-vs-{slugify(right)}"
    return _bounded(whole, whole, COMPARISON_SLUG_LENGTH)


def is_slug(text: str, limit: int) -> bool:
    """Return whether `text` is a slug: no white space, no slash, nothing to fold."""
    return bool(text) and len(text) <= limit and fold(text) == text


def fold(name: str) -> str:
    """Return the words of `name`, hyphenated; empty if it has no letter and no digit."""
    text = _lower(name[:MAX_READ])
    for sign, word in _SPOKEN.items():
        text = text.replace(sign, word)
    kept: list[str] = []
    takes_signs = False
    for char in text:
        kind = unicodedata.category(char)
        if kind[0] in "LN":
            kept.append(_plain(char))
            takes_signs = not kept[-1].isascii()
        elif kind in ("Mn", "Mc"):
            # A vowel sign belongs to its letter; an accent left on a Latin one is an accent.
            if takes_signs and not _is_selector(char):
                kept.append(char)
        elif kind[0] != "C" and kind != "Me" and char not in _DROPPED:
            kept.append("-")
            takes_signs = False
    return re.sub(r"-+", "-", normalize("NFKC", "".join(kept))).strip("-")


def _lower(name: str) -> str:
    """Return lower case in NFKC; one pass is not enough, as some capitals only then appear."""
    text = normalize("NFKC", name)
    for _ in range(3):
        text = normalize("NFKC", text.lower())
    return text


def _plain(char: str) -> str:
    if char.isascii():
        return char
    if char in _LATIN:
        return _LATIN[char]
    if not unicodedata.name(char, "").startswith("LATIN"):
        return char
    base = "".join(part for part in normalize("NFKD", char) if part.isalnum())
    return base if base.isascii() and base else char


def _is_selector(char: str) -> bool:
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"


def _bounded(slug: str, whole: str, limit: int) -> str:
    if len(slug) <= limit:
        return slug
    return f"{slug[: limit - _HASH_LENGTH - 1].rstrip('-')}-{_hash(whole)}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_LENGTH]
