"""Contrast of every visible word with what is behind it, in light and in dark.

WCAG 2.2, success criterion 1.4.3, at the ratio for small text whatever the size.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import tinycss2
from tinycss2.color3 import RGBA, parse_color

from digest.gate.color_schemes import ColorScheme, inline_scheme
from digest.gate.findings import Code, Finding, found
from digest.gate.html_page import Element
from digest.gate.sample_message import SampleMessage
from digest.render.palette import MIN_CONTRAST, contrast

_SIGHT = {ColorScheme.LIGHT: ("#000000", "#ffffff"), ColorScheme.DARK: ("#ffffff", "#121212")}
"""Words and ground where a mail says nothing."""
_CODES = {ColorScheme.LIGHT: Code.CONTRAST_LIGHT, ColorScheme.DARK: Code.CONTRAST_DARK}
_UNSEEN = frozenset({"head", "style", "script", "title", "noscript"})
_NOTHING = re.compile(r"[\s\u00a0\u034f\u200b-\u200d\u2007\u00ad\ufeff]*")


@dataclass(frozen=True, slots=True)
class Sight:
    """How an element is drawn, as it comes down to its children."""

    ink: str
    ground: str
    shown: bool = True


def check_contrast(mail: SampleMessage) -> Iterator[Finding]:
    for scheme in ColorScheme:
        page = inline_scheme(mail.page, scheme)
        worst: dict[tuple[str, str], Element] = {}
        for element, sight in _drawn(page.root, Sight(*_SIGHT[scheme])):
            if contrast(sight.ink, sight.ground) < MIN_CONTRAST:
                worst.setdefault((sight.ink, sight.ground), element)
        # The inliner writes the page anew: places are those of the same element as it is sent.
        aligned = len(page.elements) == len(mail.page.elements)
        places = dict(zip(page.elements, mail.page.elements, strict=False)) if aligned else {}
        for (ink, ground), element in worst.items():
            ratio = contrast(ink, ground)
            what = f"{ink} on {ground} is {ratio:.1f}:1 in {scheme}, expected {MIN_CONTRAST}:1"
            fix = "change either colour in templates/email/_base or the brand's accent"
            where = mail.page.place(places.get(element, element))
            yield found(_CODES[scheme], where, what, fix)


def _drawn(element: Element, sight: Sight) -> Iterator[tuple[Element, Sight]]:
    """Every element with words of its own that are shown."""
    for child in element.children:
        if isinstance(child, str):
            if sight.shown and not _NOTHING.fullmatch(child):
                yield element, sight
        elif child.tag not in _UNSEEN:
            yield from _drawn(child, _sight(child, sight))


def _sight(element: Element, outer: Sight) -> Sight:
    style = declarations(element.attributes.get("style", ""))
    ground = style.get("background-color") or element.attributes.get("bgcolor", "")
    sight = replace(outer, ground=_blend(_colour_in(ground), outer.ground) or outer.ground)
    ink = _blend(style.get("color") or element.attributes.get("color"), sight.ground)
    hidden = (
        style.get("display") == "none"
        or style.get("visibility") == "hidden"
        or re.fullmatch(r"0?\.?0+(?:px|em|%)?", style.get("opacity", "1")) is not None
    )
    return replace(sight, ink=ink or sight.ink, shown=sight.shown and not hidden)


def declarations(style: str) -> dict[str, str]:
    """An inline style by property, the one that holds: the last, `!important` before others."""
    kept: dict[str, tuple[bool, str]] = {}
    for node in tinycss2.parse_declaration_list(style, skip_comments=True, skip_whitespace=True):
        if node.type == "declaration":
            # The shorthand sets the colour too, and is the only other property read here.
            name = "background-color" if node.lower_name == "background" else node.lower_name
            before = kept.get(name)
            if before is None or node.important or not before[0]:
                kept[name] = (node.important, tinycss2.serialize(node.value).strip().lower())
    return {name: value for name, (_, value) in kept.items()}


def _colour_in(background: str) -> str | None:
    """The colour of a `background`, which may say more."""
    for token in tinycss2.parse_component_value_list(background, skip_comments=True):
        if token.type != "whitespace" and isinstance(parse_color(token), RGBA):
            return str(token.serialize())
    return None


def _blend(colour: str | None, ground: str) -> str | None:
    """`colour` as #rrggbb, laid over `ground` where light comes through it."""
    rgba = parse_color(colour) if colour else None
    if not isinstance(rgba, RGBA):
        return None
    under = parse_color(ground)
    mixed = [
        round(255 * (top * rgba.alpha + below * (1 - rgba.alpha)))
        for top, below in zip(rgba[:3], under[:3], strict=True)
    ]
    return "#" + "".join(f"{min(max(one, 0), 255):02x}" for one in mixed)
