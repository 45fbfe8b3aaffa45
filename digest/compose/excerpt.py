"""Cuts a review's words at the end of a sentence."""

import re

EXCERPT_LENGTH = 230
MAX_SENTENCE_LENGTH = 320
# A full stop that ends a sentence: what follows starts like one, and it is no "e.g." or "vs.".
_END = re.compile(
    r"(?<!\be\.g)(?<!\bi\.e)(?<!\bvs)(?<!\bDr)(?<!\bMr)[.!?…]+[”’\"')]*\s+(?=[\W\d]*[^\Wa-z_])"
)


def split_sentences(text: str) -> list[str]:
    """Split `text` into its sentences, with white space folded."""
    folded = " ".join(text.split())
    found = []
    start = 0
    for end in _END.finditer(folded):
        found.append(folded[start : end.end()].strip())
        start = end.end()
    found.append(folded[start:].strip())
    return [sentence for sentence in found if sentence]


def excerpt(text: str, length: int = EXCERPT_LENGTH) -> str:
    """Return as many whole sentences from the start as fit `length` characters, at least one.

    A single sentence longer than 320 characters is cut at a word, with an ellipsis.
    """
    parts = split_sentences(text)
    if not parts:
        return ""
    taken = parts[0]
    for part in parts[1:]:
        if len(taken) + 1 + len(part) > length:
            break
        taken = f"{taken} {part}"
    if len(taken) <= MAX_SENTENCE_LENGTH:
        return taken
    return taken[: MAX_SENTENCE_LENGTH - 1].rsplit(" ", 1)[0].rstrip(",;:—– ") + "…"
