"""Keeps words as they are printed: no client makes a link of a name, and long words may break.

Clients take `Node.js`, `Character.AI` or an address in a quote for a link of their own. A
zero-width non-joiner after the dot is not seen or heard, and no such domain exists. Where
`word-break` is not known (Yahoo, AOL), a long word breaks at `<wbr>`.
"""

import re

from digest.render.mjml.inline_and_minify import pieces, tag_name

NON_JOINER = "&#8204;"
BREAK = "<wbr>"
LONG_WORD = 23
"""Characters; a column of a narrow phone has about as many."""
_STEP = 12
_KEPT_WHOLE = ("title", "head")
_OURS = re.compile(r"<p\b[^>]*\sclass=\"[^\"]*\bimprint\b")
# They begin with what is looked for: a look back alone would be tried at every character.
_DOMAIN_DOT = re.compile(r"\.(?<=[^\W_]\.)(?=[^\W\d_]{2})")
_SCHEME = re.compile(r":(?<=[A-Za-z]:)(?=//)")
_WORD = re.compile(rf"[^\s<>&;]{{{LONG_WORD},}}")


def guard_words(html: str) -> str:
    """Return `html` with its words guarded; those of the title, preheader and imprint stay."""
    out: list[str] = []
    link = whole = imprint = False
    for kind, piece in pieces(html):
        if kind == "tag":
            name, closes = tag_name(piece), piece.startswith("</")
            if name == "a":
                link = not closes
            elif name in _KEPT_WHOLE:
                whole = not closes
            elif name == "div":
                # The preheader: an inbox shows it as it is.
                whole = not closes and 'style="display:none' in piece
            elif name == "p":
                imprint = _OURS.match(piece) is not None
        if kind == "text" and not whole and not imprint:
            piece = _guard(piece, link=link)  # noqa: PLW2901 - the same words, guarded
        out.append(piece)
    return "".join(out)


def _guard(text: str, *, link: bool) -> str:
    broken = _WORD.sub(lambda match: _breakable(match[0]), text)
    if link:
        return broken
    return _SCHEME.sub(f":{NON_JOINER}", _DOMAIN_DOT.sub(f".{NON_JOINER}", broken))


def _breakable(word: str) -> str:
    """Return a long word with a place to break about every dozen letters, between two of them."""
    out: list[str] = []
    since = 0
    for before, letter in zip(" " + word, word, strict=False):
        if since >= _STEP and letter.isalnum() and (before.isalnum() or before in "-/._"):
            out.append(BREAK)
            since = 0
        out.append(letter)
        since += 1
    return "".join(out)
