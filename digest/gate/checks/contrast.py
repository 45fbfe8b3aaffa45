"""Checks the contrast of every visible word with its background, in light and dark mode.

WCAG 2.2, success criterion 1.4.3, at the ratio for small text whatever the size.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import tinycss2

from digest.gate.color_schemes import ColorScheme, inline_scheme
from digest.gate.colors import rgba, unread
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
    unread: tuple[str, str] = ("", "")
    """Colours of words and background that can't be read, so that no ratio is known."""


def check_contrast(mail: SampleMessage) -> Iterator[Finding]:
    """Yield a finding for each pair of colours with too little contrast, or that can't be read."""
    told: set[str] = set()
    for scheme in ColorScheme:
        page = inline_scheme(mail.page, scheme)
        # The inliner rewrites the page: report the place of the same element as it is sent.
        aligned = len(page.elements) == len(mail.page.elements)
        places = dict(zip(page.elements, mail.page.elements, strict=False)) if aligned else {}
        worst: dict[tuple[str, str], Element] = {}
        for element, inherited in _drawn(page.root, Inherited(*_DEFAULTS[scheme])):
            for color in {*inherited.unread} - {"", *told}:
                told.add(color)
                yield _unread(color, mail.page.place(places.get(element, element)))
            if contrast(inherited.ink, inherited.ground) < MIN_CONTRAST:
                worst.setdefault((inherited.ink, inherited.ground), element)
        for (ink, ground), element in worst.items():
            ratio = contrast(ink, ground)
            what = f"{ink} on {ground} is {ratio:.1f}:1 in {scheme}, expected {MIN_CONTRAST}:1"
            fix = "change either colour in templates/email/_base or the brand's accent"
            where = mail.page.place(places.get(element, element))
            yield found(_CODES[scheme], where, what, fix)


def _unread(color: str, where: str) -> Finding:
    what = f"{color} is no colour that can be checked, nor one that most clients know"
    return found(Code.COLOR_UNKNOWN, where, what, "write it as #rrggbb in the template")


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
    own = filled or style.get("color") or element.attributes.get("color", "")
    ink = _blend(own, inherited.ground)
    hidden = (
        style.get("display") == "none"
        or style.get("visibility") == "hidden"
        or re.fullmatch(r"0?\.?0+(?:px|em|%)?", style.get("opacity", "1")) is not None
    )
    of_ink, of_ground = outer.unread
    return replace(
        inherited,
        ink=ink or inherited.ink,
        shown=inherited.shown and not hidden,
        unread=(unread(own) if own else of_ink, unread(ground) if ground else of_ground),
    )


def _colour_in(background: str) -> str | None:
    """Return the colour of a `background`, which may hold more."""
    for token in tinycss2.parse_component_value_list(background, skip_comments=True):
        if token.type != "whitespace" and rgba(str(token.serialize())) is not None:
            return str(token.serialize())
    return None


def _blend(colour: str | None, ground: str) -> str | None:
    """Return `colour` as #rrggbb, blended with `ground` if it is translucent."""
    top, under = rgba(colour) if colour else None, rgba(ground)
    if top is None or under is None:
        return None
    mixed = [
        round(255 * (above * top.alpha + below * (1 - top.alpha)))
        for above, below in zip(top[:3], under[:3], strict=True)
    ]
    return "#" + "".join(f"{min(max(one, 0), 255):02x}" for one in mixed)
