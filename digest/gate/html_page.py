"""Parses the HTML part into elements with their places, as a lenient mail client reads it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset(
    "area base br col embed hr img input link meta param source track wbr".split()  # noqa: SIM905
)


@dataclass(slots=True, eq=False)
class Element:
    """An element. `at` is its character offset in the HTML, or -1 for the root."""

    tag: str
    attributes: dict[str, str]
    at: int
    parent: "Element | None" = None
    children: "list[Element | str]" = field(default_factory=list)
    raw: str = ""
    """The start tag as it is written."""

    def walk(self) -> Iterator["Element"]:
        """Yield this element and all below it."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.walk()

    def words(self) -> str:
        """Return the text a reader gets of it, images by their `alt`."""
        parts = []
        for child in self.children:
            if isinstance(child, str):
                parts.append(child)
            elif child.tag == "img":
                parts.append(child.attributes.get("alt", ""))
            elif child.tag not in ("style", "script", "title"):
                parts.append(child.words())
        return " ".join(" ".join(parts).split())


class Page:
    """A parsed page. `elements` are in the order of the source; comments are left out."""

    def __init__(self, html: str) -> None:
        self.html = html
        reader = _Reader(html)
        self.root = reader.root
        self.elements = reader.elements

    def all(self, *tags: str) -> list[Element]:
        """Return the elements with one of these tags."""
        return [one for one in self.elements if one.tag in tags]

    def where(self, at: int, name: str = "") -> str:
        """Return a place for messages, in bytes, as mail programs count."""
        byte = len(self.html[: max(at, 0)].encode("utf-8", "replace"))
        return f"html, byte {byte:,}{', ' if name else ''}{name}"

    def place(self, element: Element) -> str:
        """Return an element's place for messages, with its tag and words."""
        named = element.attributes.get("class", "").split()
        name = f"<{element.tag}{'.' + named[0] if named else ''}>"
        words = element.words()
        return self.where(element.at, f"{name} {_short(words)}" if words else name)


class _Reader(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {}, -1)
        self.elements: list[Element] = []
        self._open = [self.root]
        self._lines = [0, *(match.end() for match in re.finditer("\n", html))]
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        line, column = self.getpos()
        at = self._lines[line - 1] + column
        values: dict[str, str] = {}
        for name, value in attrs:
            values.setdefault(name, value or "")
        parent = self._open[-1]
        element = Element(tag, values, at, parent, raw=self.get_starttag_text() or "")
        parent.children.append(element)
        self.elements.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # HTML knows no self-closing tags; a client opens the element all the same.
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        names = [one.tag for one in self._open]
        if tag in names[1:]:
            del self._open[len(names) - 1 - names[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


def _short(words: str) -> str:
    return f"“{words}”" if len(words) <= 40 else f"“{words[:39]}…”"  # noqa: PLR2004 - columns
