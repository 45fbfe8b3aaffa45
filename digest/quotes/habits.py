"""Detects openings by habit: sentences that begin alike in several reviews."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from digest.quotes.scripts import is_unspaced
from digest.quotes.sentences import sentences

OPENING_WORDS = 2
"""Words that make an opening; of a script without spaces, twice as many characters."""
_OFTEN = 2
_TOOL = "\ue000"
_ARTICLES = frozenset({"the", "a", "an", "this", "my"})
_TOKEN = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
# Habits of panels that a week with a single page would not show.
_KNOWN = frozenset(
    {
        "category",
        "category is",
        "direct competitors",
        "the buyer",
        "the category",
        "the competitors",
        "the dx",
        "the moment",
        "the primitive",
        "the product",
        "the thesis",
        "the tool",
        "there's no",
        "this is",
    }
)


@dataclass(frozen=True, slots=True)
class Habits:
    """Openings that reviews of an issue share: `first` of reviews, `inner` of any sentence."""

    first: frozenset[str]
    inner: frozenset[str]
    names: tuple[str, ...] = ()

    def opens_by_habit(self, sentence: str, *, first: bool) -> bool:
        """Return whether `sentence` begins as others do; stricter for a review's first sentence."""
        start = opening(sentence, self.names)
        if first and (start in self.first or _is_known(start)):
            return True
        return start in self.inner


def detect_habits(reviews: Iterable[str], names: Collection[str] = ()) -> Habits:
    """Return the habits of `reviews`; identical reviews count once, each of `names` is one word."""
    ordered = tuple(sorted(names, key=len, reverse=True))
    first: dict[str, set[str]] = defaultdict(set)
    inner: dict[str, set[str]] = defaultdict(set)
    for review in dict.fromkeys(reviews):
        for index, sentence in enumerate(sentences(review)):
            start = opening(sentence, ordered)
            inner[start].add(review)
            if index == 0:
                first[start].add(review)
    return Habits(_frequent(first), _frequent(inner), ordered)


@lru_cache(maxsize=4096)
def opening(sentence: str, names: tuple[str, ...] = ()) -> str:
    """Return the first two words of `sentence` in lower case, any of `names` as one fixed word.

    So "Skip Tern if" and "Skip Gull if" begin alike.
    """
    bare = sentence.lstrip("\"'“‘„«»‹›([（「『 ")
    if is_unspaced(bare[:1]):
        return bare[: OPENING_WORDS * 2]
    words = _words(bare)
    for at in range(min(OPENING_WORDS, len(words))):
        named = max((_shared(words[at:], _words(name)) for name in names), default=0)
        if named:
            words = (*words[:at], _TOOL, *words[at + named :])
    return " ".join(words[:OPENING_WORDS])


@lru_cache(maxsize=4096)
def _words(text: str) -> tuple[str, ...]:
    return tuple(word.casefold().replace("’", "'") for word in _TOKEN.findall(text[:80]))


def _shared(words: Sequence[str], name: Sequence[str]) -> int:
    """Return how many words of a name `words` begin with: "GPT-5 Mini" of "GPT-5 Mini API"."""
    count = 0
    while count < min(len(words), len(name)) and words[count] == name[count]:
        count += 1
    return 0 if count == 1 and words[0] in _ARTICLES else count


def _is_known(start: str) -> bool:
    return start in _KNOWN or start.split(" ", maxsplit=1)[0] in _KNOWN


def _frequent(found: dict[str, set[str]]) -> frozenset[str]:
    return frozenset(start for start, where in found.items() if start and len(where) >= _OFTEN)
