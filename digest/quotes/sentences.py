"""Splits text into sentences, so that each piece can be printed alone.

Rules of our own. A splitter that is to find every end has to guess at "a.m. Pacific" or "approx.
$20" (sentencex, yasbd and syntok each guess wrong on some of these); for a quote a missed end costs
nothing, since two sentences are still whole, and a false one prints half a sentence. So every doubt
is decided against an end, and none is seen inside brackets or quotation marks.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from digest.quotes.abbreviations import (
    ends_open,
    goes_on,
    list_numbers,
    starts_a_sentence,
    word_before,
)
from digest.quotes.nesting import Nesting, nesting
from digest.quotes.scripts import is_unspaced

_FULL_WIDTH = "。！？｡．"
_OTHER_SCRIPTS = "؟۔।॥។։።။"
_MARKS = re.compile(rf"[.!?…‼⁇⁈⁉{_FULL_WIDTH}{_OTHER_SCRIPTS}]+")
_PARAGRAPH = re.compile(r"\n\s*\n\s*|\n\s*(?=[-*•–]\s)")
# What stands before a sentence's first word: opening marks and signs, but nothing that goes on.
_NEXT = re.compile(r"\s+([^\w\s,;:/&+=)\]}’”»\-–—]{0,8})\s?(\w\S{0,40})")
_CAPITAL_AFTER_AN_END = re.compile(r"[.!?]\s+[^\w\s]*[A-Z]")
_LOOK_BACK = 40
_NAMES_THAT_SHOUT = frozenset({"yahoo", "yum", "jeopardy"})
_CLOSERS = "\"'”’“‘»«›‹)]}）］｝】」』》〉〕"
_DANGLING = (",", ":", ";", "-", "–", "—", "…", "...", "..", "/", "&", "(", "，", "：", "、", "；")


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a text with the white space after it."""

    start: int
    end: int


def spans(text: str) -> list[Span]:
    """Return `text` as its sentences, without a gap: the pieces join back to the text."""
    starts = [0]
    relaxed = _writes_small(text)
    for start, end in _paragraphs(text):
        paragraph = text[start:end]
        starts += [start + at for at in _ends(paragraph, relaxed=relaxed)] + [end]
    cuts = sorted({*starts, len(text)})
    return [Span(one, other) for one, other in pairwise(cuts)]


def sentences(text: str) -> list[str]:
    """Return `text` as its sentences, white space folded, empty ones left out."""
    pieces = (folded(text[span.start : span.end]) for span in spans(text))
    return [piece for piece in pieces if piece]


def folded(text: str) -> str:
    """Return `text` on one line: every run of white space one space."""
    return " ".join(text.split())


def is_whole(text: str) -> bool:
    """Return whether `text`, one or more pieces of a split, can be printed alone.

    Its quotation marks and brackets are closed, it does not stop at "approx." or an ellipsis, and
    it starts with a word. A text's last sentence may lack its full stop.
    """
    if not text or nesting(text).unmatched:
        return False
    bare = text.rstrip(_CLOSERS + " ")
    if not bare or bare.endswith(_DANGLING) or ends_open(text):
        return False
    head = text.lstrip("\"'“‘„‚«»‹›([（「『《¿¡$€£#@ ")
    return bool(head) and head[0].isalnum()


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for gap in _PARAGRAPH.finditer(text):
        yield start, gap.end()
        start = gap.end()
    yield start, len(text)


def _ends(text: str, *, relaxed: bool) -> Iterator[int]:
    """Return where sentences of a paragraph end, after the white space that follows them."""
    nest = nesting(text)
    numbers = list_numbers(text)
    start = 0
    for marks in _MARKS.finditer(text):
        end = _after_closers(text, marks.end(), nest)
        if end == len(text) or nest.depth[end - 1] or marks.start() in numbers:
            continue
        if _Place(text, start, marks, end, nest, relaxed).is_end():
            while end < len(text) and text[end].isspace():
                end += 1
            yield end
            start = end


def _after_closers(text: str, end: int, nest: Nesting) -> int:
    """Return the place after marks that close at a sentence's end, as in `“Always.”`, `bon. »`."""
    while end < len(text):
        at = end
        while at < len(text) and text[at].isspace() and nest.depth[at]:
            at += 1
        is_closer = at < len(text) and (
            at in nest.closing or (at == end and text[at] in "”’)]」』")
        )
        if not is_closer:
            break
        end = at + 1
    return end


@dataclass(frozen=True, slots=True)
class _Place:
    """A place where the sentence from `start` may end: after `marks` and what closes there."""

    text: str
    start: int
    marks: re.Match[str]
    end: int
    nest: Nesting
    relaxed: bool

    def is_end(self) -> bool:
        after = self.text[self.end]
        before = self.text[self.marks.start() - 1 : self.marks.start()]
        mark = self.marks.group()
        crossed = self.end > self.marks.end()
        decimal = before.isdigit() or not is_unspaced(after)
        if (mark == "．" and after.isalnum() and decimal) or (mark != "." and not mark.strip("….")):
            return False
        if mark[-1] in _FULL_WIDTH + _OTHER_SCRIPTS:
            return after.isspace() or not crossed
        if not after.isspace():
            unspaced = is_unspaced(after) and is_unspaced(before)
            return mark[-1] in "!?" and unspaced and not crossed
        return bool(before) and before not in "([{（" and self._is_followed_by_a_start()

    def _is_followed_by_a_start(self) -> bool:
        """Return whether what follows begins like a sentence and what stands before allows it."""
        found = _NEXT.match(self.text, self.end)
        if found is None:
            return not self.text[self.end :].strip()
        signs, following = found.groups()
        small = following[0].islower() and not any(letter.isupper() for letter in following)
        if small and not self.relaxed and "`" not in signs:
            return False
        if not self._may_end_at_closer(signs + following):
            return False
        word, at = word_before(self.text, self.marks.start())
        if self.marks.group() == ".":
            before = self.text[max(self.start, at - _LOOK_BACK) : at]
            return not goes_on(before, word, signs + following)
        return word.casefold() not in _NAMES_THAT_SHOUT

    def _may_end_at_closer(self, following: str) -> bool:
        """Return whether closing marks after the end close what the sentence began with.

        Within a sentence, brackets do not end it: "It fails (I tried.) Twice", and quotation marks
        only before a word that is no name: "They call it “Fast. Cheap.” Gull agrees".
        """
        if self.end == self.marks.end():
            return True
        opener = self.nest.closing.get(self.end - 1)
        if opener is None or not any(map(str.isalnum, self.text[self.start : opener])):
            return True
        return self.text[opener] not in "([{（［" and starts_a_sentence(following)


def _writes_small(text: str) -> bool:
    """Return whether a text begins its sentences without capitals throughout."""
    first = next((word for word in text.split() if word[0].isalpha()), "A")
    return first.islower() and _CAPITAL_AFTER_AN_END.search(text) is None
