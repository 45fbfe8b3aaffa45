"""Reads a comparison page as HTML: extracts its visible lines, then reads them like page text.

The document is read as a stream and no tree is built, so that deep nesting costs nothing. (With
lexbor, a tree of 50,000 nested elements took 3.5 s and one of 400,000 more than 30 s.) Block
elements end lines. So does a `<span>` right after another: style sheets of such pages show
`<span>75%</span><span>Panel ship</span>` as two lines.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from digest.catalog.intake import limits
from digest.catalog.intake.cleaning import clean_line, is_blank
from digest.catalog.intake.html import streamed
from digest.catalog.intake.html.metadata import Attributes, HtmlMetadata, is_linked_data
from digest.catalog.intake.html.tokenizer import Take, check_cost, tokenize
from digest.catalog.intake.html.tokens import End, Start, Text, Token
from digest.catalog.intake.text.lines import Line, Page
from digest.catalog.intake.text.parse import read_page
from digest.catalog.pages import ComparisonPage, PageError

_INLINE = frozenset(
    (
        "a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i",
        "img", "ins", "kbd", "label", "mark", "q", "s", "samp", "small", "span", "strong", "sub",
        "sup", "time", "tt", "u", "var", "wbr",
    )
)  # fmt: skip
_SET_APART = frozenset(("a", "label", "small", "span", "strong"))
_VOID = frozenset(
    (
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param",
        "source", "track", "wbr",
    )
)  # fmt: skip
_UNSEEN = frozenset(
    (
        "audio", "canvas", "datalist", "dialog", "head", "iframe", "math", "nav", "noscript",
        "object", "script", "select", "style", "svg", "template", "textarea", "title", "video",
    )
)  # fmt: skip
_NOT_SHOWN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


def read_html(text: str, source: str) -> ComparisonPage:
    """Return `text` as a comparison; `source` names it in messages. Raises PageError only.

    Line numbers in errors are those of the HTML source.
    """
    return _page_of(_read(text, source), source)


class PageReader:
    """Reads the tokens of a page beside somebody else, so that it is cut into tokens once."""

    def __init__(self, text: str, source: str) -> None:
        self._source = source
        self._late: list[Token] | None = [] if streamed.may_be_streamed(text) else None
        self._reader = _Reader()

    @property
    def take(self) -> Take:
        """Return what is to be called with each token."""
        return self._reader.take if self._late is None else self._late.append

    def page(self) -> ComparisonPage:
        """Return the page as a comparison, once all is fed. Raises PageError only."""
        if self._late is not None:
            check_cost(self._late, self._source, limits.STREAMED_TOKENS)
            _feed(self._reader, streamed.in_place(self._late))
        return _page_of(self._reader, self._source)


def _page_of(reader: "_Reader", source: str) -> ComparisonPage:
    lines = reader.finish()
    if len(lines) > limits.TEXT_LINES:
        found = f"{len(lines):,} lines of text"
        raise PageError(source, None, found, f"{limits.TEXT_LINES:,} at most")
    page = read_page(Page(source, lines))
    return replace(page, url=reader.metadata.url(), published_at=reader.metadata.published_at())


def visible_lines(text: str, source: str) -> list[Line]:
    """Return what a reader sees of a piece of HTML. Raises PageError."""
    return _read(text, source).finish()


def _read(text: str, source: str) -> "_Reader":
    reader = _Reader()
    if streamed.may_be_streamed(text):
        tokens: list[Token] = []
        tokenize(text, source, tokens.append, limits.STREAMED_TOKENS)
        _feed(reader, streamed.in_place(tokens))
    else:
        tokenize(text, source, reader.take)
    return reader


def _feed(reader: "_Reader", tokens: Iterable[Token]) -> None:
    for token in tokens:
        reader.take(token)


class _Reader:
    """Turns start tags, end tags and text into visible lines."""

    def __init__(self) -> None:
        self.metadata = HtmlMetadata()
        self._lines: list[Line] = []
        self._parts: list[str] = []
        self._number = 1
        self._unseen: str | None = None
        self._unseen_depth = 0
        self._is_linked_data = False
        self._ends_apart = False

    def take(self, token: Token) -> None:
        """Read the next piece of the document."""
        if isinstance(token, Start):
            self._start(token.tag, token.attributes)
        elif isinstance(token, End):
            self._end(token.tag)
        elif isinstance(token, Text):
            self._text(token)

    def finish(self) -> list[Line]:
        """Return the visible lines, once the document is fed."""
        self._end_line()
        return self._lines

    def _start(self, tag: str, attributes: Attributes) -> None:
        self.metadata.start(tag, attributes, is_visible=self._unseen is None)
        self._is_linked_data = tag == "script" and is_linked_data(attributes)
        if self._unseen is not None and not self._shows_again(tag):
            self._unseen_depth += tag == self._unseen
            return
        if tag not in _INLINE or (tag in _SET_APART and self._ends_apart):
            self._end_line()
        self._ends_apart = False
        if tag not in _VOID and (tag in _UNSEEN or _is_hidden(attributes)):
            self._unseen, self._unseen_depth = tag, 1
        elif tag == "q":
            self._parts.append("“")

    def _end(self, tag: str) -> None:
        self._is_linked_data = False
        if self._unseen is not None:
            self._unseen_depth -= tag == self._unseen
            if self._unseen_depth == 0 or (self._unseen == "p" and tag not in _INLINE):
                self._unseen = None
            return
        if tag == "q":
            self._parts.append("”")
        if tag not in _INLINE:
            self._end_line()
        self._ends_apart = tag in _SET_APART

    def _text(self, token: Text) -> None:
        data = token.text
        if self._is_linked_data:
            self.metadata.linked_data(data)
        if self._unseen is not None:
            return
        self._ends_apart = False
        if not self._parts:
            words = data.lstrip()
            if not words:
                return
            self._number = token.line + data[: len(data) - len(words)].count("\n")
        self._parts.append(data)

    def _shows_again(self, tag: str) -> bool:
        """Return whether `tag` ends a hidden element: a head ends where the body starts."""
        if (self._unseen, tag) in (("head", "body"), ("p", "p")):
            self._unseen = None
        return self._unseen is None

    def _end_line(self) -> None:
        if not self._parts:
            return
        text = clean_line("".join(self._parts))
        if not is_blank(text):
            self._lines.append(Line(self._number, text))
        self._parts.clear()


def _is_hidden(attributes: Attributes) -> bool:
    if not attributes:
        return False
    return "hidden" in attributes or bool(_NOT_SHOWN.search(attributes.get("style") or ""))
