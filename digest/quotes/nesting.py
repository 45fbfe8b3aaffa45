"""Finds which characters of a paragraph stand inside brackets or quotation marks."""

import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice

from digest.quotes.scripts import is_unspaced

_BRACKETS = dict(zip("([{（［｛【「『《〈〔", ")]}）］｝】」』》〉〕", strict=True))
_OPENER_OF = {closer: opener for opener, closer in _BRACKETS.items()}
_MIRRORED = {"«": "»", "»": "«", "‹": "›", "›": "‹"}
_TOGGLES = '"`＂'
_APOSTROPHES = "'’"
# Words that begin with an apostrophe and quote nothing.
_ELIDED = re.compile(r"['‘’](?:\d\ds?|til|em|cause|twas|tis|n|kay)\b", re.IGNORECASE)
_CLOSERS_OF = {"“": "”", "„": "“”", "”": "”", "‟": "”", "‚": "‘’"}


@dataclass(frozen=True, slots=True)
class Nesting:
    """Depth after each character; closing marks with their openers; marks without a partner."""

    depth: tuple[int, ...]
    closing: dict[int, int]
    unmatched: tuple[int, ...]


def nesting(text: str) -> Nesting:
    """Pair the brackets and quotation marks of one paragraph, in one pass.

    An opening mark without a partner holds to the end of the paragraph, except a quotation mark
    that opens the paragraph (some styles repeat it before each paragraph and close it once).
    """
    walk = _Walk(text)
    for at, mark in enumerate(text):
        walk.step(at, mark)
        walk.depth.append(len(walk.stack))
    return walk.result()


class _Walk:
    """The marks that are open while a paragraph is read from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.singles = _single_pairs(text)
        self.single_ends = frozenset(self.singles.values())
        self.stack: list[tuple[str, int]] = []
        self.opened: Counter[str] = Counter()
        self.depth: list[int] = []
        self.closing: dict[int, int] = {}
        self.unmatched: list[int] = []

    def step(self, at: int, mark: str) -> None:
        if at in self.singles:
            self._open(at, "'")
        elif at in self.single_ends:
            self._close(at, "'")
        elif mark in _BRACKETS or mark in _OPENER_OF:
            self._bracket(at, mark)
        elif mark in _TOGGLES:
            if not self._close(at, mark) and _may_open(self.text, at):
                self._open(at, mark)
        elif mark in _MIRRORED:
            if not (self._close(at, _MIRRORED[mark]) or self._close(at, mark)):
                self._open(at, mark)
        elif mark in "“”„‟‚‘":
            self._curly(at, mark)

    def _bracket(self, at: int, mark: str) -> None:
        if mark in _BRACKETS:
            if not _is_smiley(self.text, at):
                self._open(at, mark)
        elif not self._close(at, _OPENER_OF[mark]) and not _is_list_mark(self.text, at):
            self.unmatched.append(at)

    def _curly(self, at: int, mark: str) -> None:
        openers = "".join(key for key, closers in _CLOSERS_OF.items() if mark in closers)
        if openers and self._close(at, openers):
            return
        if mark in "“„‟" or (mark in "”‚" and _may_open(self.text, at)):
            self._open(at, mark)
        elif mark != "‚":
            self.unmatched.append(at)

    def _open(self, at: int, mark: str) -> None:
        self.stack.append((mark, at))
        self.opened[mark] += 1

    def _close(self, at: int, openers: str) -> bool:
        """Close the innermost open mark of `openers`, and what was left open within it."""
        if not any(self.opened[opener] for opener in openers):
            return False
        while True:
            mark, opened_at = self.stack.pop()
            self.opened[mark] -= 1
            if mark in openers:
                self.closing[at] = opened_at
                return True
            self.unmatched.append(opened_at)

    def result(self) -> Nesting:
        left_open = [at for _, at in self.stack]
        depth = self.depth
        if self.stack and self.stack[0][0] in '“„"«' and not self.text[: left_open[0]].strip():
            depth = [max(0, one - 1) for one in depth]
        unmatched = tuple(sorted(self.unmatched + left_open))
        return Nesting(tuple(depth), self.closing, unmatched)


def _single_pairs(text: str) -> dict[int, int]:
    """Return where single quotation marks open and close; the others are apostrophes.

    A mark after an s and before a space may be a plural's apostrophe (the users' data), so the
    first other one closes; where there is none before the next opening mark, the last such one.
    """
    marks = [at for at, mark in enumerate(text) if mark in "'‘’"]
    opens = [at for at in marks if _opens_single(text, at)]
    closes = [at for at in marks if text[at] in _APOSTROPHES and _may_close(text, at)]
    pairs: dict[int, int] = {}
    first = 0
    for at, following in zip(opens, [*opens[1:], len(text)], strict=False):
        while first < len(closes) and closes[first] <= at + 1:
            first += 1
        partner = "’" if text[at] == "‘" else "'"
        last = None
        for close in islice(closes, first, None):
            if close >= following:
                break
            if text[close] == partner:
                last = close
                if not _may_be_plural(text, close):
                    break
        if last is not None:
            pairs[at] = last
    return pairs


def _opens_single(text: str, at: int) -> bool:
    return text[at] in "'‘" and _may_open(text, at) and not _ELIDED.match(text, at)


def _may_open(text: str, at: int) -> bool:
    """Return whether a mark without a direction may open here: no word ends right before it."""
    before, after = text[max(0, at - 1) : at], text[at + 1 : at + 2]
    joined = before.isalnum() and not is_unspaced(before)
    return bool(after) and not after.isspace() and not joined and before not in tuple(".,!?%")


def _may_close(text: str, at: int) -> bool:
    before, after = text[max(0, at - 1) : at], text[at + 1 : at + 2]
    joined = after.isalnum() and not is_unspaced(after)
    return bool(before) and not before.isspace() and not joined


def _may_be_plural(text: str, at: int) -> bool:
    return text[at - 1] in "sSxXzZ" and text[at + 1 : at + 2].isspace()


def _is_smiley(text: str, at: int) -> bool:
    after = text[at + 1 : at + 2]
    eyes = text[max(0, at - 1) : at] in tuple(":;-")
    return eyes and text[at] == "(" and (not after or after.isspace())


def _is_list_mark(text: str, at: int) -> bool:
    """Return whether the bracket at `at` numbers something, and so closes nothing: `a)`, `12)`."""
    numbered = re.search(r"(?:^|\s)(?:\w|\d\d)\Z", text[max(0, at - 3) : at])
    return text[at] in ")）" and numbered is not None
