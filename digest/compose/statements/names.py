"""Shortens names for a subject: at a word, and never to what another tool is called."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

_BRACKETED = re.compile(r"\s*[(\[（][^()\[\]（）]*[)\]）]\s*$")
_LOOSE_END = " ,;:-–—/&+·|"


def short_forms(name: str, others: Iterable[str], lengths: Iterable[int]) -> Iterator[str]:
    """Yield `name`, then shorter forms of it, down through `lengths`.

    A form that another tool's name starts with is left out: a reader would take it for that one.
    """
    taken = [_key(other) for other in others if _key(other) != _key(name)]
    yield name
    bare = _BRACKETED.sub("", name)
    if bare and bare != name and _key(bare) not in taken:
        yield bare
    for length in lengths:
        cut = cut_at_word(bare or name, length)
        if cut and not any(other.startswith(_key(cut.rstrip("…"))) for other in taken):
            yield cut


def cut_at_word(text: str, length: int) -> str:
    """Return `text` in at most `length` characters with an ellipsis at a word; empty if none fits.

    A text that fits is returned as it is.
    """
    if len(text) <= length:
        return text
    head, space, _ = text[:length].rpartition(" ")
    head = head.rstrip(_LOOSE_END)
    return f"{head}…" if space and head else ""


@lru_cache(maxsize=2048)
def _key(name: str) -> str:
    return " ".join(name.casefold().split())
