"""Tells what a reader sees of an element: by its styles, those around it, and kept style blocks."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import tinycss2
from tinycss2.ast import Node

from digest.gate.html_page import Element, Page
from digest.gate.inline_style import declarations, inline_rules

MIN_FONT_SIZE = 9.0
"""In px; smaller words are there to be overlooked."""
MIN_OPACITY = 0.5
_MIN_BOX = 8.0
"""In px; a box that clips to less shows no word."""
_OUTSIDE, _FAR = -100.0, 2_000.0
"""In px; what is moved further than this, up or left and down or right, is outside the window."""
_PIXELS = {
    "": 1.0, "px": 1.0, "pt": 4 / 3, "rem": 16.0, "vw": 6.0, "vh": 6.0, "in": 96.0, "cm": 37.8,
    "mm": 3.78, "pc": 16.0,
}  # fmt: skip
_EMS = {"em": 1.0, "%": 0.01, "ch": 0.5, "ex": 0.5}
_UNSEEN_TAGS = frozenset({
    "audio", "canvas", "datalist", "head", "iframe", "noscript", "object", "option", "script",
    "style", "svg", "template", "textarea", "title", "video",
})  # fmt: skip
_FOLDED_TAGS = ("details", "dialog")
"""What they hold is seen with the attribute `open` alone."""
_HIDING = frozenset({
    "-webkit-clip-path", "-webkit-mask", "-webkit-mask-image", "bottom", "clip", "clip-path",
    "content-visibility", "display", "filter", "font", "font-size", "height", "inset", "left",
    "line-height", "margin", "margin-left", "margin-top", "mask", "mask-image", "max-height",
    "max-width", "mso-hide", "opacity", "overflow", "overflow-x", "overflow-y", "position",
    "right", "rotate", "scale", "text-indent", "top", "transform", "translate", "visibility",
    "width", "zoom",
})  # fmt: skip
_LENGTH = re.compile(r"(-?\d*\.?\d+)(px|pt|rem|em|vw|vh|ch|ex|in|cm|mm|pc|%)?")
_FUNCTION = re.compile(r"(calc|min|max|clamp)\((.*)\)")
_TURNED_AWAY = re.compile(r"(?:rotate[xy]\(|(?:^|\s)[xy]\s+)\s*-?(?:90|270)deg")
_FONT_SIZE = re.compile(r"(?:^|\s)(\d*\.?\d+(?:px|pt|rem|em|%)|0(?=[\s/]))")
_CLIENT_SIGN = re.compile(r"\[data-ogs[bc]\]\s*|\bu\s*\+\s*(?=[.#\w])|#MessageViewBody\s+")
"""What selectors begin with that hold in one client alone: Outlook, Gmail, Samsung."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Whether something is drawn, and how large its words are, in px."""

    size: float = 16.0
    drawn: bool = True

    @property
    def readable(self) -> bool:
        return self.drawn and self.size >= MIN_FONT_SIZE


def seen_words(element: Element) -> str:
    """Return the words of an element that a reader sees."""
    around: list[Element] = []
    outer = element.parent
    while outer is not None and outer.tag:
        around.append(outer)
        outer = outer.parent
    shown = Shown()
    for one in reversed(around):
        shown = _within(one, shown)
    return " ".join(" ".join(_words(element, shown)).split())


def views(page: Page) -> Iterator[tuple[str, Page]]:
    """Yield the page as its kept style blocks change it, each with the condition in words.

    The first has the rules that always hold. Then comes one for each media query, and one for the
    rules that hold in a single client; only those that could hide anything.
    """
    always, conditional = _rules(page)
    yield "", _inlined(page, always)
    for condition, rules in conditional.items():
        yield condition, _inlined(page, [*always, *rules])


def _words(element: Element, outer: Shown) -> Iterator[str]:
    shown = _within(element, outer)
    if element.tag == "img" and shown.readable:
        yield element.attributes.get("alt", "")
    for child in element.children:
        if isinstance(child, Element):
            yield from _words(child, shown)
        elif shown.readable:
            yield child


def _within(element: Element, outer: Shown) -> Shown:
    """Return what an element makes of what is around it."""
    style = declarations(element.attributes.get("style", ""))
    size = _font_size(style, outer.size)
    hidden = (
        element.tag in _UNSEEN_TAGS
        or "hidden" in element.attributes
        or (element.tag in _FOLDED_TAGS and "open" not in element.attributes)
        or (element.tag == "img" and _tiny_image(element))
        or _not_drawn(style)
        or _clipped(style, size)
        or _moved_away(style, size)
    )
    return replace(outer, size=size, drawn=outer.drawn and not hidden)


def _font_size(style: Mapping[str, str], outer: float) -> float:
    value = style.get("font-size") or "".join(_FONT_SIZE.findall(style.get("font", ""))[:1])
    found = _resolved(value, outer)
    zoom = _LENGTH.fullmatch(style.get("zoom", ""))
    return (outer if found is None else found) * (_share(zoom) if zoom else 1)


def _length(match: re.Match[str], em: float) -> float:
    unit = match[2] or ""
    number = float(match[1])
    return number * em * _EMS[unit] if unit in _EMS else number * _PIXELS[unit]


def _share(match: re.Match[str]) -> float:
    """Return a number or a percentage as a number."""
    return float(match[1]) / (100 if match[2] else 1)


def _resolved(value: str, em: float) -> float | None:
    """Return a length in px, also of a simple calc(), min(), max() or clamp(); None if unclear."""
    match = _LENGTH.fullmatch(value)
    if match:
        return _length(match, em)
    function = _FUNCTION.fullmatch(value)
    found = _lengths(function[2], em) if function else []
    if not function or not found:
        return None
    if function[1] == "clamp":
        return max(found[0], min(found[1:], default=found[0]))
    if function[1] == "calc":
        return found[0] if len(found) == 1 else None
    return min(found) if function[1] == "min" else max(found)


def _lengths(value: str, em: float) -> list[float]:
    return [_length(match, em) for match in _LENGTH.finditer(value)]


def _tiny_image(element: Element) -> bool:
    sizes = (element.attributes.get(name, "") for name in ("width", "height"))
    return any(one.isdecimal() and int(one) < _MIN_BOX for one in sizes)


def _not_drawn(style: Mapping[str, str]) -> bool:
    opacity = _LENGTH.fullmatch(style.get("opacity", "1"))
    filtered = re.search(r"opacity\(\s*(\d*\.?\d+)(%)?", style.get("filter", ""))
    return (
        style.get("display") == "none"
        or style.get("visibility") in ("hidden", "collapse")
        or style.get("content-visibility") == "hidden"
        or style.get("mso-hide") == "all"
        or any(one is not None and _share(one) < MIN_OPACITY for one in (opacity, filtered))
    )


def _clipped(style: Mapping[str, str], size: float) -> bool:
    """Return whether a box cuts away what is in it."""
    cutters = ("clip-path", "mask", "mask-image")
    names = [f"{prefix}{name}" for prefix in ("", "-webkit-") for name in cutters]
    if any(style.get(name, "none") != "none" for name in names):
        return True
    corners = _lengths(style.get("clip", ""), size)
    if corners and max(corners) - min(corners) < _MIN_BOX:
        return True
    overflow = " ".join(style.get(f"overflow{axis}", "") for axis in ("", "-x", "-y"))
    if not re.search(r"hidden|clip", overflow):
        return False
    boxes = [style.get(name, "") for name in ("width", "height", "max-width", "max-height")]
    line = style.get("line-height", "")
    # A bare number is of lines: so many times the size of the words.
    boxes.append(f"{line}em" if re.fullmatch(r"\d*\.?\d+", line) else line)
    exact = (_resolved(box, size) for box in boxes if not box.endswith("%"))
    return any(one is not None and one < _MIN_BOX for one in exact)


def _moved_away(style: Mapping[str, str], size: float) -> bool:
    """Return whether an element is outside of the window, scaled to nothing or turned away."""
    names = ["text-indent", "margin", "margin-left", "margin-top", "transform", "translate"]
    if style.get("position", "static") != "static":
        names += ["left", "top", "right", "bottom", "inset"]
    moved = [one for name in names for one in _lengths(style.get(name, ""), size)]
    if any(one <= _OUTSIDE or one >= _FAR for one in moved):
        return True
    turned = f"{style.get('transform', '')} {style.get('rotate', '')}"
    scaled = re.search(r"scale[xy]?\(\s*0*\.?0*[\s,)]", style.get("transform", ""))
    nothing = re.fullmatch(r"0*\.?0+", style.get("scale", "1"))
    return bool(scaled or nothing or _TURNED_AWAY.search(turned))


def _rules(page: Page) -> tuple[list[str], dict[str, list[str]]]:
    """Return the rules that could hide something: those that always hold, others by condition."""
    always: list[str] = []
    conditional: dict[str, list[str]] = {}
    for block in page.all("style"):
        sheet = tinycss2.parse_stylesheet("".join(map(str, block.children)))
        for condition, rule in _conditioned(sheet, block.attributes.get("media", "")):
            target = conditional.setdefault(condition, []) if condition else always
            target.append(rule)
    return always, conditional


def _conditioned(nodes: list[Node], condition: str) -> Iterator[tuple[str, str]]:
    if re.match(r"\s*(?:only\s+)?(?:print|speech)\b", condition) and "," not in condition:
        return
    for node in nodes:
        if node.type == "at-rule" and node.content is not None:
            inside = tinycss2.parse_rule_list(node.content)
            query = f"@{node.at_keyword} {tinycss2.serialize(node.prelude).strip()}"
            plain = query.removeprefix("@media ")
            yield from _conditioned(inside, plain if query != plain else query)
        elif node.type == "qualified-rule" and _may_hide(node):
            selector = str(tinycss2.serialize(node.prelude))
            bare = _CLIENT_SIGN.sub("", selector)
            sign = "" if bare == selector else selector.strip()
            yield condition or sign, f"{bare}{{{tinycss2.serialize(node.content)}}}"


def _may_hide(rule: Node) -> bool:
    inside = tinycss2.parse_declaration_list(rule.content)
    return any(one.type == "declaration" and one.lower_name in _HIDING for one in inside)


def _inlined(page: Page, rules: list[str]) -> Page:
    return inline_rules(page, "".join(rules)) if rules else page
