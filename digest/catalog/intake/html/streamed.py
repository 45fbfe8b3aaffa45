"""Puts the late parts of a page that React streams where its scripts would put them.

React sends the shell of a page first, with a placeholder for each part that is not ready, and the
parts behind it, in the order in which they got ready:

    <!--$?--><template id="B:0"></template><p>Loading…</p><!--/$-->      a boundary, its fallback
    <template id="P:1"></template>                                      a place within a part
    <div hidden id="S:0">...</div>                                      the part for B:0 or P:0

A script then moves each part to its placeholder. `curl` runs none, so it is done here. A part that
never came leaves the fallback, and one that nothing asks for stays hidden. Each part is used once
and each piece is looked at a fixed number of times, so that the work grows with the page alone.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from digest.catalog.intake.html.metadata import Attributes
from digest.catalog.intake.html.tokens import Comment, End, Start, Token

_SEGMENT = re.compile(r"(.{0,100})S:([0-9a-f]{1,16})")
_PLACEHOLDER = re.compile(r"(.{0,100})[BP]:([0-9a-f]{1,16})")
_BOUNDARY = re.compile(r"(.{0,100})B:([0-9a-f]{1,16})")
_MARK = re.compile(r"""id\s*=\s*["']?[^"'\s>]{0,100}S:[0-9a-f]""", re.IGNORECASE)
_OPENINGS = frozenset(("$", "$?", "$!", "$~"))
_CLOSING = "/$"
Key = tuple[str, str]
"""An id's prefix, which a site may choose, and its number."""


def may_be_streamed(text: str) -> bool:
    """Return whether an HTML document may hold parts to be moved."""
    return "S:" in text and _MARK.search(text) is not None


def in_place(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield the pieces of a page, its late parts in the places that wait for them."""
    wanted = {key for token in tokens if (key := _placeholder(token)) is not None}
    shell, parts = _cut(tokens, wanted)
    used: set[Key] = set()
    waiting = [_Reading(shell)]
    while waiting:
        reading = waiting[-1]
        token = reading.next()
        if token is None:
            waiting.pop()
            continue
        key = _placeholder(token)
        if key is None or key not in parts or key in used:
            yield token
            continue
        used.add(key)
        reading.skip_placeholder()
        waiting.append(_Reading(parts[key]))


@dataclass(slots=True)
class _Part:
    """A part that is being cut out: the element that holds it, how deep it is nested in itself."""

    tag: str
    depth: int = 1
    tokens: list[Token] = field(default_factory=list)


def _cut(tokens: Sequence[Token], wanted: set[Key]) -> tuple[list[Token], dict[Key, list[Token]]]:
    """Return the page without its late parts, and the parts; of two alike the first counts."""
    shell: list[Token] = []
    parts: dict[Key, list[Token]] = {}
    opened: list[_Part] = []
    for token in tokens:
        key = _segment(token)
        if key is not None and key in wanted and isinstance(token, Start):
            opened.append(_Part(token.tag))
            parts.setdefault(key, opened[-1].tokens)
            continue
        if opened and isinstance(token, Start | End) and token.tag == opened[-1].tag:
            opened[-1].depth += 1 if isinstance(token, Start) else -1
            if opened[-1].depth == 0:
                opened.pop()
                continue
        (opened[-1].tokens if opened else shell).append(token)
    return shell, parts


class _Reading:
    """A place in a list of pieces."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._ends = _boundary_ends(tokens)
        self._at = 0

    def next(self) -> Token | None:
        """Return the next piece, or None after the last."""
        if self._at == len(self._tokens):
            return None
        self._at += 1
        return self._tokens[self._at - 1]

    def skip_placeholder(self) -> None:
        """Pass over the rest of the placeholder just read, and the fallback of its boundary."""
        end = self._ends.get(self._at - 1)
        if end is not None:
            self._at = end
        elif self._at < len(self._tokens) and _ends_template(self._tokens[self._at]):
            self._at += 1


def _boundary_ends(tokens: Sequence[Token]) -> dict[int, int]:
    """Return, for each boundary's placeholder, where the comment stands that ends the boundary."""
    ends: dict[int, int] = {}
    opened: list[int | None] = []
    for index, token in enumerate(tokens):
        if isinstance(token, Comment):
            if token.text in _OPENINGS:
                opened.append(None)
            elif token.text == _CLOSING and opened:
                place = opened.pop()
                if place is not None:
                    ends[place] = index
        elif opened and opened[-1] is None and _placeholder(token, _BOUNDARY) is not None:
            opened[-1] = index
    return ends


def _placeholder(token: Token, ids: re.Pattern[str] = _PLACEHOLDER) -> Key | None:
    if isinstance(token, Start) and token.tag == "template":
        return _key(ids, token.attributes)
    return None


def _segment(token: Token) -> Key | None:
    return _key(_SEGMENT, token.attributes) if isinstance(token, Start) else None


def _key(pattern: re.Pattern[str], attributes: Attributes) -> Key | None:
    match = pattern.fullmatch(attributes.get("id") or "")
    return (match[1], match[2]) if match else None


def _ends_template(token: Token) -> bool:
    return isinstance(token, End) and token.tag == "template"
