"""Checks for what clients strip or refuse to show: scripts, frames, forms and SVG images."""

import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from digest.gate.findings import Code, Finding, found
from digest.gate.html_page import Element, Page
from digest.gate.sample_message import SampleMessage

ACTIVE = frozenset({
    "applet", "audio", "base", "button", "canvas", "dialog", "embed", "form", "frame", "frameset",
    "iframe", "input", "link", "marquee", "math", "noscript", "object", "portal", "script",
    "select", "template", "textarea", "video",
})  # fmt: skip
"""Elements that clients take out, filters punish, or only some draw."""
_SVG = ("svg", "svgz")
_SOURCES = ("src", "srcset", "background", "poster", "data")
_URL_IN_STYLE = re.compile(r"url\(\s*[\"']?([^\"')]+)", re.IGNORECASE)
_ACTIVE_STYLE = re.compile(
    r"(?<![\w-])behavior\s*:|-moz-binding\s*:|(?<![\w-])expression\s*\(|@import\b", re.IGNORECASE
)
_ESCAPE = re.compile(r"\\([0-9a-fA-F]{1,6})\s?")
_CONDITION = re.compile(r"<!--\[if\b[^\]]*\]>(.*?)<!\[endif\]-->", re.DOTALL | re.IGNORECASE)
_SCRIPT_ADDRESS = re.compile(r"[\x00-\x20]*(?:javascript|vbscript|data):", re.IGNORECASE)


def check_active_content(mail: SampleMessage) -> Iterator[Finding]:
    """Yield a finding for each element, attribute or image that does not belong in mail."""
    for element in mail.page.elements:
        problem = _active(element)
        if problem:
            fix = "take it out: mail is words, tables and images"
            yield found(Code.ACTIVE_CONTENT, mail.page.place(element), problem, fix)
        if element.tag == "svg" or any(map(is_svg, _images(element))):
            what = "an SVG image, which Gmail and Outlook do not show"
            yield found(Code.IMAGE_SVG, mail.page.place(element), what, "use PNG, twice as large")

    for match in _CONDITION.finditer(mail.html):
        for element in Page(match[1]).elements:
            # MJML wraps Outlook's settings in <noscript>.
            if element.tag in ACTIVE - {"noscript"}:
                what = f"<{element.tag}> for Outlook alone"
                fix = "take it out: mail is words, tables and images"
                yield found(Code.ACTIVE_CONTENT, mail.page.where(match.start()), what, fix)


def _active(element: Element) -> str:
    """Return what is active about an element, in words; empty if nothing is."""
    attributes = element.attributes
    # A prefix is none to HTML, but XML's readers see <svg:script>.
    if element.tag.rpartition(":")[2] in ACTIVE:
        return f"<{element.tag}>, which clients strip"
    style = _ACTIVE_STYLE.search(_styles(element))
    if style:
        return f"{style[0].rstrip(' :(')} in a style, which loads or runs what nobody has checked"
    if element.tag == "meta" and attributes.get("http-equiv", "").strip().lower() == "refresh":
        return "a page that leads elsewhere by itself"
    for name, value in attributes.items():
        if name.startswith("on"):
            return f"{name}=, a script"
        if name in ("href", "action", "formaction") and _SCRIPT_ADDRESS.match(value):
            return f"{name}= with a script in it"
    return ""


def _images(element: Element) -> Iterator[str]:
    """Yield the addresses of the images that an element draws."""
    for name in _SOURCES:
        value = element.attributes.get(name, "")
        # A set of sources has a width after each address, and a comma between them.
        yield from value.replace(",", " ").split() if name == "srcset" else [value]
    yield from _URL_IN_STYLE.findall(_styles(element))


def _styles(element: Element) -> str:
    """Return the style attribute of an element, or the sheet in it, escapes resolved."""
    style = element.attributes.get("style", "")
    if element.tag == "style":
        style = "".join(map(str, element.children))
    return _ESCAPE.sub(lambda match: chr(min(int(match[1], 16), 0xFFFD)), style)


def is_svg(address: str) -> bool:
    """Return whether an image's address is one of an SVG."""
    address = address.strip().lower()
    if address.startswith("data:"):
        return address.startswith("data:image/svg")
    try:
        path = unquote(urlsplit(address).path)
    except ValueError:
        return False
    return path.partition(";")[0].rpartition(".")[2] in _SVG
