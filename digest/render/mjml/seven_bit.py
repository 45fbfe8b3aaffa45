"""Writes HTML so that mail can carry it as it is: in ASCII, on lines of bounded length.

Quoted-printable costs two more octets for each `=` and each octet outside ASCII, and three a line:
a tenth of a message. Here characters become numeric references (HTML section 13.1.4), which stand
for the same text wherever references are read: in text, titles and attributes, not in styles,
scripts and comments. Lines end where a page may hold white space.
"""

import re
from collections.abc import Callable, Iterator

NEVER, IN_TAG, IN_TEXT = 1_000_000, 400, 650
"""Characters after which a line ends at the next place that may hold a line end: rather inside a
tag than in a text. RFC 5322 section 2.1.1 allows 998 octets, and slots are still to be filled."""
MAX_LINE = 750
"""Characters of the longest line; a page with a longer one stays as it was."""
MAX_GROWTH = 1.08
"""How much longer the page itself may get: Gmail cuts a long one off, and a page in a script that
has three octets a character would gain five for each."""

_CHANGED = (".", "From", "~~")
"""What may not begin a line: SMTP doubles a dot, which a slot's value may begin with as well, and
mailboxes in one file write ">From" (RFC 4155), which breaks a signature."""
_UNREAD = re.compile(r"<!--.*?-->|<(style|script)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
"""Matches what readers of HTML take as it is, references and all."""
_MARKUP = re.compile(
    r"""(?P<whole><!--\[if[^\]]*\]>|<!\[endif\]-->|<!--.*?-->)
      | (?P<tag></?[A-Za-z](?:[^>"']++|"[^"]*"|'[^']*')*+>)""",
    re.DOTALL | re.VERBOSE,
)
_QUOTED = re.compile(r"""("[^"]*"|'[^']*')""")
_AFTER_RULE = re.compile("(?<=})")
_BEFORE_SPACE = re.compile("(?= )")
_NOT_REFERABLE = re.compile(rb"\xc2[\x80-\x9f]")
"""Controls, in UTF-8: their references stand for letters of Windows-1252 (HTML 13.2.5.80)."""
_KEEPS_WHITE_SPACE = (
    re.compile(r"<(?:pre|textarea|script|svg)\b"),
    re.compile(r"white-space:\s?pre"),
)
"""In lower case. Two, so that each is looked for by its first character."""

_Pieces = Iterator[tuple[str, int]]
"""Pieces of a page, each with how long a line may be for it to stand on that line: a line end takes
the place of the space that a piece begins with; a rule of a style needs none."""


def to_seven_bit(html: str) -> str:
    """Return the same page in ASCII on short lines, or as it was where that can't be done well."""
    folded, octets = html.lower(), html.encode(errors="surrogatepass")
    if any(one.search(folded) for one in _KEEPS_WHITE_SPACE) or _NOT_REFERABLE.search(octets):
        return html
    if not all(one[0].isascii() for one in _UNREAD.finditer(html)):
        return html
    page = _with_short_lines(html.encode("ascii", "xmlcharrefreplace").decode("ascii"))
    lines = page.split("\n")
    fits = max(map(len, lines)) <= MAX_LINE and not any(one.startswith(_CHANGED) for one in lines)
    return page if fits and len(page) <= MAX_GROWTH * len(octets) else html


def _with_short_lines(html: str) -> str:
    out: list[str] = []
    column = 0
    for token, least, pieces in _tokens(html):
        if column + len(token) <= least and "\n" not in token:
            # As with most tokens, no line gets long enough to end in it.
            out.append(token)
            column += len(token)
            continue
        for piece, limit in pieces(token):
            if column > limit:
                rest = piece.removeprefix(" ")
                piece = f"\n {rest}" if rest.startswith(_CHANGED) else f"\n{rest}"  # noqa: PLW2901
            out.append(piece)
            end = piece.rfind("\n")
            column = column + len(piece) if end < 0 else len(piece) - end - 1
    return "".join(out)


def _tokens(html: str) -> Iterator[tuple[str, int, Callable[[str], _Pieces]]]:
    """Yield the page's tags and what is between, with how to take each apart at line ends.

    The number is the least of the limits of its pieces.
    """
    at, in_style = 0, False
    for found in _MARKUP.finditer(html):
        if found.start() > at:
            yield _between(html[at : found.start()], in_style=in_style)
        at, token = found.end(), found[0]
        if found.lastgroup == "whole":
            yield token, NEVER, _unbroken
            continue
        in_style = token[:6].lower() == "<style"
        yield token, IN_TAG, _in_tag
    yield _between(html[at:], in_style=False)


def _between(text: str, *, in_style: bool) -> tuple[str, int, Callable[[str], _Pieces]]:
    return (text, IN_TAG, _in_style) if in_style else (text, IN_TEXT, _in_text)


def _unbroken(token: str) -> _Pieces:
    yield token, NEVER


def _in_tag(tag: str) -> _Pieces:
    for place, part in enumerate(_QUOTED.split(tag)):
        if place % 2:
            yield part, NEVER
        else:
            yield from _at_spaces(part, IN_TAG)


def _in_style(css: str) -> _Pieces:
    for place, rule in enumerate(_AFTER_RULE.split(css)):
        yield rule, IN_TAG if place else NEVER


def _in_text(text: str) -> _Pieces:
    yield from _at_spaces(text, IN_TEXT)


def _at_spaces(text: str, limit: int) -> _Pieces:
    for part in _BEFORE_SPACE.split(text):
        yield part, limit if part.startswith(" ") else NEVER
