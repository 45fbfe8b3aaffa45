"""Inlines a page's styles as a client in light or dark mode applies them."""

from collections.abc import Iterator
from enum import StrEnum

import tinycss2
from tinycss2.ast import AtRule, QualifiedRule

from digest.gate.html_page import Page
from digest.gate.inline_style import inline_rules


class ColorScheme(StrEnum):
    LIGHT = "light"
    DARK = "dark"


def inline_scheme(page: Page, scheme: ColorScheme) -> Page:
    """Return the page with the rules of `scheme` inlined; `!important` overrides inline styles."""
    sheets = [
        "".join(map(str, one.children))
        for one in page.all("style")
        if "media" not in one.attributes
    ]
    css = "".join(rule for sheet in sheets for rule in _rules(sheet, scheme))
    return inline_rules(page, css)


def _rules(sheet: str, scheme: ColorScheme) -> Iterator[str]:
    for node in tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True):
        if isinstance(node, QualifiedRule):
            # Outlook adds this attribute only where it has changed the colours itself.
            if "[data-ogs" not in tinycss2.serialize(node.prelude):
                yield node.serialize()
        elif isinstance(node, AtRule) and node.lower_at_keyword == "media" and node.content:
            media = tinycss2.serialize(node.prelude).replace(" ", "").lower()
            if scheme is ColorScheme.DARK and "prefers-color-scheme:dark" in media:
                yield tinycss2.serialize(node.content)
