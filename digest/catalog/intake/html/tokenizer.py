"""Cuts an HTML document into tokens, in linear time and no further than a bound.

Python's parser looks at a document once, but takes some microseconds for each piece and gives back
each `<` that begins no tag on its own. Tags without attributes, of which a page has most, are read
here in runs; the pieces are counted, and a page of too many is refused before the rest is read.
"""

import re
from collections.abc import Callable, Iterable
from html.parser import HTMLParser

from digest.catalog.intake import limits
from digest.catalog.intake.cleaning import split_lines
from digest.catalog.intake.html.tokens import Comment, End, Start, Text, Token
from digest.catalog.pages import PageError

_BARE_ANGLE = re.compile(r"<(?![A-Za-z/!?])")
_STAND_IN = "\ufdd0"
"""Stands for a `<` that begins no tag. No character: Unicode keeps it for programs' own use."""
_OTHER_RULES = "iframe|noembed|noframes|noscript|plaintext|script|style|textarea|title|xmp"
_PLAIN_TAGS = re.compile(
    rf"(?:</?(?!(?:{_OTHER_RULES})>)[a-z][a-z0-9]*>){{1,1000}}",
    re.IGNORECASE,
)
"""Tags without attributes, after none of which the parser reads text by other rules."""
_ONE_TAG = re.compile(r"</?([^>]+)>")
_VALUE = r"""(?:"[^"<>&]*+"|'[^'<>&]*+'|[^\s"'<>&=`]++)"""
_SIMPLE_TAG = re.compile(
    rf"<(?!(?:{_OTHER_RULES})\s)([a-z][a-z0-9]*+)((?:[ \n][a-z][a-z0-9-]*+={_VALUE}){{1,20}}+)>",
    re.IGNORECASE | re.ASCII,
)
"""A start tag with attributes as nearly all are written, which is read in one step."""
_SIMPLE_ATTRIBUTE = re.compile(rf"([a-z0-9-]++)=({_VALUE})", re.IGNORECASE | re.ASCII)
_ATTRIBUTE = re.compile(r"""[^\s/>"'=]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>"']*))?|>""")
"""An attribute (or the tag's name), or the end of the tag."""
_QUOTE = re.compile("[\"']")
Take = Callable[[Token], None]


def tokenize(text: str, source: str, take: Take, limit: int = limits.TOKENS) -> None:
    """Give the tokens of a document to `take`, up to `limit`. Raises PageError."""
    text = _BARE_ANGLE.sub(_STAND_IN, text.replace(_STAND_IN, "\ufffd"))
    parser = _Parser(_Counter(source, take, limit))
    try:
        # The last tag makes the parser emit the text before it. It is never closed: what is
        # unfinished at the end (a comment, a tag) is not looked at again, which would be slow.
        parser.feed("\n".join(split_lines(text)) + "<br>")
    except AssertionError:
        found, expected = "a declaration that isn't HTML", "HTML without <![...]>"
        raise PageError(source, parser.getpos()[0], found, expected) from None


def check_cost(tokens: Iterable[Token], source: str, limit: int) -> None:
    """Raise PageError where tokens cost more than `limit`, as `tokenize` counts them."""
    counter = _Counter(source, lambda _: None, limit)
    for token in tokens:
        if isinstance(token, Start):
            counter(token, 2 + len(token.attributes) if token.attributes else 1)
        else:
            counter(token, 1 if isinstance(token, End) else 2)


class _Counter:
    """Hands tokens on, up to the limit."""

    def __init__(self, source: str, take: Take, limit: int) -> None:
        self.source = source
        self._take = take
        self._limit = self._left = limit

    def __call__(self, token: Token, cost: int = 1) -> None:
        """Hand on a token, which counts as `cost`. Raises PageError where it is one too many."""
        self._left -= cost
        if self._left < 0:
            found = "too many tags, attributes and texts"
            raise PageError(self.source, None, found, f"about {self._limit:,} at most")
        self._take(token)


class _Parser(HTMLParser):
    """Turns a document into tokens."""

    def __init__(self, take: _Counter) -> None:
        super().__init__(convert_charrefs=True)
        self._take = take

    def parse_starttag(self, i: int) -> int:
        """Read the tag at `i`, and those right behind it where they are plain; return their end."""
        plain = _PLAIN_TAGS.match(self.rawdata, i)
        if plain:
            return self._plain_tags(plain)
        simple = _SIMPLE_TAG.match(self.rawdata, i)
        if simple and _STAND_IN not in simple[0]:
            return self._simple_tag(simple)
        self._check_attributes(i)
        return super().parse_starttag(i)

    def parse_endtag(self, i: int) -> int:
        """Read the tag at `i`, and those right behind it where they are plain; return their end."""
        plain = None if self.cdata_elem else _PLAIN_TAGS.match(self.rawdata, i)
        return self._plain_tags(plain) if plain else super().parse_endtag(i)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a start tag."""
        attributes = {_restored(name): value and _restored(value) for name, value in attrs}
        self._take(Start(_restored(tag), attributes, self.getpos()[0]), 2 + len(attrs))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a tag that is both."""
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """Take an end tag."""
        self._take(End(_restored(tag)))

    def handle_data(self, data: str) -> None:
        """Take text."""
        self._take(Text(_restored(data), self.getpos()[0]), 2)

    def handle_comment(self, data: str) -> None:
        """Take a comment."""
        self._take(Comment(_restored(data)), 2)

    def _plain_tags(self, found: re.Match[str]) -> int:
        line, take = self.getpos()[0], self._take
        for tag in _ONE_TAG.finditer(found[0]):
            name = tag[1].lower()
            take(End(name) if tag[0][1] == "/" else Start(name, {}, line))
        return found.end()

    def _simple_tag(self, found: re.Match[str]) -> int:
        attributes = {
            name.lower(): value[1:-1] if value[0] in "\"'" else value
            for name, value in _SIMPLE_ATTRIBUTE.findall(found[2])
        }
        self._take(Start(found[1].lower(), attributes, self.getpos()[0]), 2 + len(attributes))
        return found.end()

    def _check_attributes(self, at: int) -> None:
        """Raise PageError where the tag at `at` has more attributes than the limit."""
        end = self.rawdata.find(">", at, at + limits.ATTRIBUTES)
        if end >= 0 and not _QUOTE.search(self.rawdata, at, end):
            return
        last = at + 1
        found = _ATTRIBUTE.finditer(self.rawdata, last)
        for many, one in enumerate(found):
            if one[0] == ">" and one.start() - last <= limits.BLANKS:
                return
            if many > limits.ATTRIBUTES or one.start() - last > limits.BLANKS:
                what = "a tag of many attributes or much white space"
                expected = f"{limits.ATTRIBUTES:,} and {limits.BLANKS:,} at most"
                raise PageError(self._take.source, self.getpos()[0], what, expected)
            last = one.end()


def _restored(text: str) -> str:
    return text.replace(_STAND_IN, "<") if _STAND_IN in text else text
