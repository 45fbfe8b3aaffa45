"""Cutting words of a review where a sentence ends."""

import re

PULL_LENGTH = 230
LONGEST_SENTENCE = 320
# A full stop that ends a sentence: what follows starts like one, and it is no "e.g." or "vs.".
_END = re.compile(
    r"(?<!\be\.g)(?<!\bi\.e)(?<!\bvs)(?<!\bDr)(?<!\bMr)[.!?…]+[”’\"')]*\s+(?=[\W\d]*[^\Wa-z_])"
)


def sentences(text: str) -> list[str]:
    """`text` as its sentences, white space folded."""
    folded = " ".join(text.split())
    found = []
    start = 0
    for end in _END.finditer(folded):
        found.append(folded[start : end.end()].strip())
        start = end.end()
    found.append(folded[start:].strip())
    return [sentence for sentence in found if sentence]


def pull(text: str, length: int = PULL_LENGTH) -> str:
    """As many whole sentences from the start as fit `length` characters, at least one.

    A single sentence longer than 320 characters is cut at a word, with an ellipsis.
    """
    parts = sentences(text)
    if not parts:
        return ""
    taken = parts[0]
    for part in parts[1:]:
        if len(taken) + 1 + len(part) > length:
            break
        taken = f"{taken} {part}"
    if len(taken) <= LONGEST_SENTENCE:
        return taken
    return taken[: LONGEST_SENTENCE - 1].rsplit(" ", 1)[0].rstrip(",;:—– ") + "…"
