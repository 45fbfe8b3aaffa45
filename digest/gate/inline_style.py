"""Reads style attributes, and writes the rules of a style sheet into them."""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

import css_inline
import tinycss2

from digest.gate.html_page import Page

KEPT_STYLES, MAX_KEPT_LENGTH = 2_000, 1_000
"""How many styles, of how many characters at most, are kept once parsed: a mail repeats a few."""
_STYLE_ATTRIBUTE = re.compile(r"""\sstyle\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)""", re.IGNORECASE)


def inline_rules(page: Page, css: str) -> Page:
    """Return the page with `css` inlined; `!important` overrides what stands there.

    A style attribute that does not parse counts for nothing; it is a finding of its own.
    """
    inliner = css_inline.CSSInliner(
        inline_style_tags=False,
        keep_style_tags=True,
        load_remote_stylesheets=False,
        extra_css=css,
    )
    try:
        return Page(inliner.inline(page.html))
    except css_inline.InlineError:
        return Page(inliner.inline(_without_broken_styles(page)))


def _without_broken_styles(page: Page) -> str:
    html = page.html
    for element in reversed(page.elements):
        style = tinycss2.parse_declaration_list(element.attributes.get("style", ""))
        if any(one.type not in ("declaration", "whitespace", "comment") for one in style):
            bare = _STYLE_ATTRIBUTE.sub("", element.raw)
            html = html[: element.at] + bare + html[element.at + len(element.raw) :]
    return html


def declarations(style: str) -> Mapping[str, str]:
    """Return the effective value of each property of an inline style.

    The last one counts, but `!important` before others.
    """
    return _kept(style) if len(style) <= MAX_KEPT_LENGTH else _parsed(style)


def _parsed(style: str) -> Mapping[str, str]:
    kept: dict[str, tuple[bool, str]] = {}
    for node in tinycss2.parse_declaration_list(style, skip_comments=True, skip_whitespace=True):
        if node.type == "declaration":
            # The shorthand sets the colour too, which is all that is read of a background.
            name = "background-color" if node.lower_name == "background" else node.lower_name
            before = kept.get(name)
            if before is None or node.important or not before[0]:
                kept[name] = (node.important, tinycss2.serialize(node.value).strip().lower())
    return MappingProxyType({name: value for name, (_, value) in kept.items()})


_kept = lru_cache(KEPT_STYLES)(_parsed)
