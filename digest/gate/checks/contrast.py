"""Checks the contrast of every visible word with its background, in light and dark mode.

WCAG 2.2, success criterion 1.4.3, at the ratio for small text whatever the size.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import tinycss2
from tinycss2 import color4
from tinycss2.color3 import RGBA, parse_color

from digest.gate.color_schemes import ColorScheme, inline_scheme
from digest.gate.findings import Code, Finding, found
from digest.gate.html_page import Element
from digest.gate.inline_style import declarations
from digest.gate.sample_message import SampleMessage
from digest.render.palette import MIN_CONTRAST, contrast

_DEFAULTS = {ColorScheme.LIGHT: ("#000000", "#ffffff"), ColorScheme.DARK: ("#ffffff", "#121212")}
"""Text and background colours that clients use by default."""
_CODES = {ColorScheme.LIGHT: Code.CONTRAST_LIGHT, ColorScheme.DARK: Code.CONTRAST_DARK}
_NOT_SHOWN = frozenset({"head", "style", "script", "title", "noscript"})
_INVISIBLE = re.compile(r"[\s\u00a0\u034f\u200b-\u200d\u2007\u00ad\ufeff]*")


@dataclass(frozen=True, slots=True)
class Inherited:
    """The colours and visibility that an element's children inherit."""

    ink: str
    ground: str
    shown: bool = True


def check_contrast(mail: SampleMessage) -> Iterator[Finding]:
    """Yield a finding for each pair of colours with too little contrast."""
    for scheme in ColorScheme:
        page = inline_scheme(mail.page, scheme)
        worst: dict[tuple[str, str], Element] = {}
        for element, inherited in _drawn(page.root, Inherited(*_DEFAULTS[scheme])):
            if contrast(inherited.ink, inherited.ground) < MIN_CONTRAST:
                worst.setdefault((inherited.ink, inherited.ground), element)
        # The inliner rewrites the page: report the place of the same element as it is sent.
        aligned = len(page.elements) == len(mail.page.elements)
        places = dict(zip(page.elements, mail.page.elements, strict=False)) if aligned else {}
        for (ink, ground), element in worst.items():
            ratio = contrast(ink, ground)
            what = f"{ink} on {ground} is {ratio:.1f}:1 in {scheme}, expected {MIN_CONTRAST}:1"
            fix = "change either colour in templates/email/_base or the brand's accent"
            where = mail.page.place(places.get(element, element))
            yield found(_CODES[scheme], where, what, fix)


def _drawn(element: Element, inherited: Inherited) -> Iterator[tuple[Element, Inherited]]:
    """Yield every element that directly contains visible words."""
    for child in element.children:
        if isinstance(child, str):
            if inherited.shown and not _INVISIBLE.fullmatch(child):
                yield element, inherited
        elif child.tag not in _NOT_SHOWN:
            yield from _drawn(child, _inherited(child, inherited))


def _inherited(element: Element, outer: Inherited) -> Inherited:
    style = declarations(element.attributes.get("style", ""))
    ground = style.get("background-color") or element.attributes.get("bgcolor", "")
    inherited = replace(outer, ground=_blend(_colour_in(ground), outer.ground) or outer.ground)
    filled = style.get("-webkit-text-fill-color")
    ink = _blend(filled or style.get("color") or element.attributes.get("color"), inherited.ground)
    hidden = (
        style.get("display") == "none"
        or style.get("visibility") == "hidden"
        or re.fullmatch(r"0?\.?0+(?:px|em|%)?", style.get("opacity", "1")) is not None
    )
    return replace(inherited, ink=ink or inherited.ink, shown=inherited.shown and not hidden)


def _colour_in(background: str) -> str | None:
    """Return the colour of a `background`, which may hold more."""
    for token in tinycss2.parse_component_value_list(background, skip_comments=True):
        if token.type != "whitespace" and _rgba(token.serialize()) is not None:
            return str(token.serialize())
    return None


def _rgba(colour: str) -> RGBA | None:
    """Return a colour of CSS 3 or 4, such as `hsl(0 0% 100%)`; None if it is neither."""
    found = parse_color(colour)
    if isinstance(found, RGBA):
        return found
    newer = color4.parse_color(colour)
    if newer is None or isinstance(newer, str):
        return None
    try:
        return RGBA(*newer.to("srgb").coordinates, newer.alpha)
    except NotImplementedError:
        return None


def _blend(colour: str | None, ground: str) -> str | None:
    """Return `colour` as #rrggbb, blended with `ground` if it is translucent."""
    rgba = _rgba(colour) if colour else None
    if rgba is None:
        return None
    under = parse_color(ground)
    mixed = [
        round(255 * (top * rgba.alpha + below * (1 - rgba.alpha)))
        for top, below in zip(rgba[:3], under[:3], strict=True)
    ]
    return "#" + "".join(f"{min(max(one, 0), 255):02x}" for one in mixed)
