"""Inlines styles into the HTML of the MJML library, and minifies it.

What mail clients need stays: style blocks with media queries and dark mode, Outlook's
conditional comments, every quote around an attribute, every end tag. `waste` says what else goes.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

import css_inline

from digest.render.mjml.compiler import INLINE_STYLE
from digest.render.mjml.skeleton import shorten_head
from digest.render.mjml.waste import Waste, find_waste, is_for_outlook_2003, join_conditions

TAG_CACHE_SIZE = 2_048
"""An issue has some thousand tags, and most of them are the same."""
STYLE_CACHE_SIZE = 64
"""A mail has some style blocks, and the next one the same."""

_INLINE_BLOCK = re.compile(re.escape(INLINE_STYLE) + r"(.*?)</style>", re.DOTALL)

_VML = ' xmlns:v="urn:schemas-microsoft-com:vml"'
_PIECE = re.compile(
    r"""(?P<comment><!--.*?-->)
      | (?P<style><style\b[^>]*>.*?</style>)
      | (?P<kept><(?P<keeper>pre|textarea)\b[^>]*>.*?</(?P=keeper)>)
      | (?P<tag></?[A-Za-z!](?:[^>"']++|"[^"]*"|'[^']*')*+>)
      | (?P<text>[^<]+|<)""",
    re.DOTALL | re.VERBOSE,
)
_TAG_NAME = re.compile(r"</?([A-Za-z0-9!:]+)")
# No-break spaces are text: only HTML's own white space is dropped or folded.
_WHITE = re.compile(r"[ \t\r\n\f]+")
_INLINE_TAGS = frozenset({
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "em", "i", "img", "input", "kbd", "mark",
    "q", "s", "small", "span", "strong", "sub", "sup", "u",
})  # fmt: skip
"""White space beside any other tag is not shown."""
_DRAWN = frozenset({"img", "input"})

_QUOTED_VALUE = re.compile(r'"[^"]*"')
_STYLE_VALUE = re.compile(r'(?<= style=")[^"]*')
_QUOTED = re.compile(r"""("[^"]*"|'[^']*'|&quot;.*?&quot;)""")
_AROUND_VALUE = re.compile(r" ?([:;,]) ?")
# A space before a colon stays: `a :hover` and `a:hover` are two selectors.
_AROUND_RULE = re.compile(r" ?([{};,>]) ?|(?<=:) | (?=!important)")


def inline_and_minify(html: str) -> str:
    """Return `html` with the styles that are marked for it inlined, and minified."""
    css = "".join(_INLINE_BLOCK.findall(html))
    inliner = css_inline.CSSInliner(
        inline_style_tags=False,
        keep_style_tags=True,
        load_remote_stylesheets=False,
        extra_css=_plain_css(css),
    )
    minified = shorten_head(minify(inliner.inline(_INLINE_BLOCK.sub("", html)), css))
    # Gmail makes a <div> of it, beside a <u>: `u + #body` is how a rule for Gmail alone begins.
    marked = minified.replace("<body ", '<body id="body" ', 1)
    return marked if "<v:" in marked else marked.replace(_VML, "", 1)


def minify(html: str, css: str = "") -> str:
    """Remove white space between blocks, comments (but not Outlook's) and what is of no effect.

    `css` are the styles that were inlined: classes that they alone name have done their work.
    """
    out: list[str] = []
    found = [(kind, _style(one) if kind == "style" else one) for kind, one in pieces(html)]
    styles = "".join(piece for kind, piece in found if kind == "style")
    for_outlook = "".join(piece for kind, piece in found if kind == "comment")
    rules = styles + for_outlook
    waste = find_waste(html, css, styles, rules)
    tags: dict[str, str] = {}
    shown = False  # whether white space here would be seen
    for index, (kind, piece) in enumerate(found):
        if kind == "text":
            text = _fold(piece, after=shown, before=not _is_edge(found, index + 1))
            out.append(text)
            shown = not text.endswith(" ") if text else shown
        elif kind == "comment":
            if _is_condition(piece) and not is_for_outlook_2003(piece):
                join_conditions(out, _between_tags(piece), rules)
        elif kind == "style":
            out.append(waste.prune(piece))
        elif kind == "kept":
            out.append(piece)
            shown = False
        else:
            if piece not in tags:
                tags[piece] = _tag(piece, waste)
            out.append(tags[piece])
            name = tag_name(piece)
            shown = name in _INLINE_TAGS and (shown or name in _DRAWN)
    return "".join(out)


def _fold(text: str, *, after: bool, before: bool) -> str:
    """Return `text` with each run of white space as one space; none if it would not be seen."""
    folded = _WHITE.sub(" ", text)
    if not after:
        folded = folded.lstrip(" ")
    return folded if before else folded.rstrip(" ")


def pieces(html: str) -> Iterator[tuple[str, str]]:
    """Yield comments, styles, tags and texts of `html` in order, each with its kind."""
    for match in _PIECE.finditer(html):
        # The group that ended last: the outermost one.
        assert match.lastgroup is not None  # noqa: S101 - every alternative has a name
        yield match.lastgroup, match[0]


def _is_edge(pieces: list[tuple[str, str]], index: int) -> bool:
    """Return whether the edge of a block comes next, comments aside."""
    for at in range(index, len(pieces)):
        kind, piece = pieces[at]
        if kind != "comment":
            return kind in ("style", "kept") or (
                kind == "tag" and tag_name(piece) not in _INLINE_TAGS
            )
    return True


@lru_cache(maxsize=TAG_CACHE_SIZE)
def tag_name(tag: str) -> str:
    """Return the name of a tag in lower case, of an end tag too."""
    match = _TAG_NAME.match(tag)
    return match[1].lower() if match else ""


def _is_condition(comment: str) -> bool:
    return "[if " in comment or "[endif]" in comment


def _between_tags(comment: str) -> str:
    return re.sub(r">[ \t\r\n\f]+<", "><", comment)


@lru_cache(maxsize=TAG_CACHE_SIZE)
def _tag(tag: str, waste: Waste) -> str:
    """Minify the style of a tag, and escape brackets in values: some parsers take them for tags."""
    if waste.needless(tag):
        return ""
    closed = _QUOTED_VALUE.sub(
        lambda match: match[0].replace("<", "&lt;").replace(">", "&gt;"), tag
    )
    return waste.strip(_STYLE_VALUE.sub(lambda match: _declarations(match[0]), closed, count=1))


def _declarations(css: str) -> str:
    short = _without_spaces(css, _AROUND_VALUE).strip(" ")
    return short if short.endswith("&quot;") else short.removesuffix(";")


def _style(block: str) -> str:
    start = block.index(">") + 1
    opening = block[:start].replace(' type="text/css"', "")
    return f"{opening}{_plain_css(block[start:].removesuffix('</style>'))}</style>"


@lru_cache(maxsize=STYLE_CACHE_SIZE)
def _plain_css(css: str) -> str:
    """Return CSS without comments, and without white space around its punctuation."""
    bare = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return _without_spaces(bare, _AROUND_RULE).replace(";}", "}").strip(" ")


def _without_spaces(css: str, around: re.Pattern[str]) -> str:
    """Return `css` without white space at the punctuation that `around` matches, outside quotes."""
    parts = _QUOTED.split(css)
    for index in range(0, len(parts), 2):
        text = _WHITE.sub(" ", parts[index])
        parts[index] = around.sub(lambda match: match[1] or "", text)
    return "".join(parts)
