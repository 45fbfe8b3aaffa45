"""Checks for what clients strip or refuse to show: scripts, frames, forms and SVG images."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from digest.gate.findings import Code, Finding, found
from digest.gate.html_page import Element
from digest.gate.sample_message import SampleMessage

ACTIVE = frozenset({
    "applet", "audio", "base", "button", "embed", "form", "frame", "frameset", "iframe", "input",
    "link", "math", "noscript", "object", "script", "select", "template", "textarea", "video",
})  # fmt: skip
"""Elements that clients take out, filters punish, or only some draw."""
_SVG = ("svg", "svgz")
_SOURCES = ("src", "srcset", "background", "poster", "data")
_URL_IN_STYLE = re.compile(r"url\(\s*[\"']?([^\"')]+)", re.IGNORECASE)
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


def _active(element: Element) -> str:
    """Return what is active about an element, in words; empty if nothing is."""
    attributes = element.attributes
    if element.tag in ACTIVE:
        return f"<{element.tag}>, which clients strip"
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
    style = element.attributes.get("style", "")
    if element.tag == "style":
        style = "".join(map(str, element.children))
    yield from _URL_IN_STYLE.findall(style)


def is_svg(address: str) -> bool:
    """Return whether an image's address is one of an SVG."""
    address = address.strip().lower()
    if address.startswith("data:"):
        return address.startswith("data:image/svg")
    try:
        path = urlsplit(address).path
    except ValueError:
        return False
    return path.rpartition(".")[2] in _SVG
