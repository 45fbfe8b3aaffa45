"""Compiles MJML to HTML, and checks it first, which the MJML library does not.

The library (mrml) writes an unknown tag out as it is, where no client shows it as meant, and
ignores bad nesting and unknown attributes: a typing error would spoil an issue unseen. So the
source is checked against the tables in `schema`.
"""

import re
from xml.parsers import expat

from mjml import mjml2html

from digest.render.errors import TemplateError
from digest.render.mjml import schema

MAX_DEPTH = 64
"""Levels of elements. The library recurses: some ten thousand levels end the process."""
MAX_CHARACTERS = 2_000_000
"""Characters of source; a long issue has a thirtieth of that."""

INLINE_STYLE = '<style data-inline="inline">'
"""Starts a style block for `inline_and_minify` to inline, since the MJML library does not."""

_WHITE_ON_WHITE = "font-size:1px;color:#ffffff;line-height:1px"
_SMALL = "font-size:2px;line-height:2px"
"""Style of the library's hidden preview line, and ours: spam filters score text in the colour of
its ground, and text of a pixel."""

# With a bare 0 the library misreads the whole padding, and columns get too wide for Outlook.
_LENGTHS = re.compile(r"(?:[0-9.]+(?:px|%)\s*){1,4}")
_INLINE = re.compile(r'<mj-style\s+inline="inline"\s*>(.*?)</mj-style>', re.DOTALL)


def mjml_to_html(source: str, name: str) -> str:
    """Return the HTML of MJML `source`; `name` is the template's, for messages.

    Raises TemplateError for anything that `check` finds or the library refuses.
    """
    check(source, name)
    styles = "".join(f"{INLINE_STYLE}{css}</style>" for css in _INLINE.findall(source))
    try:
        # No fonts: the library would have Roboto fetched from a third party as soon as it is named.
        html = str(mjml2html(_INLINE.sub("", source), fonts={}))
    except ValueError as error:
        raise TemplateError(name, None, f"the MJML library refuses it: {error}") from error
    html = html.replace(_WHITE_ON_WHITE, _SMALL, 1)
    return html.replace("</head>", f"{styles}</head>", 1)


def check(source: str, name: str) -> None:
    """Check MJML. Raises TemplateError for the first error, with its line in the MJML."""
    if len(source) > MAX_CHARACTERS:
        raise TemplateError(
            name, None, f"{len(source)} characters, expected at most {MAX_CHARACTERS}"
        )
    _Lint(name).run(source)


class _Lint:
    def __init__(self, name: str) -> None:
        self._name = name
        self._open: list[str] = []
        self._holder = ""
        self._holder_level = 0
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.ProcessingInstructionHandler = self._instruction
        self._parser.StartCdataSectionHandler = self._cdata
        self._parser.XmlDeclHandler = self._declaration
        # HTML's own entities (&nbsp;) are then skipped over instead of being undefined.
        self._parser.UseForeignDTD()

    def run(self, source: str) -> None:
        try:
            self._parser.Parse(source, True)
        except expat.ExpatError as error:
            problem = f"not well-formed: {expat.ErrorString(error.code)}"
            if self._open:
                problem += f", while <{self._open[-1]}> is open"
            raise TemplateError(self._name, error.lineno, problem) from None

    def _fail(self, problem: str) -> None:
        raise TemplateError(self._name, self._parser.CurrentLineNumber, problem)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        parent = self._open[-1] if self._open else None
        self._open.append(tag)
        if len(self._open) > MAX_DEPTH:
            self._fail(f"more than {MAX_DEPTH} levels of elements")
        if self._holder:
            if tag == schema.ROOT or tag.startswith("mj-"):
                self._fail(f"<{tag}> may not stand inside <{self._holder}>")
            return
        self._check_place(tag, parent)
        self._check_attributes(tag, attributes, parent)
        if tag in schema.HOLD_HTML:
            # From here to its end, it is HTML.
            self._holder, self._holder_level = tag, len(self._open)

    def _check_place(self, tag: str, parent: str | None) -> None:
        if parent is None:
            if tag != schema.ROOT:
                self._fail(f"starts with <{tag}>, expected <{schema.ROOT}>")
            return
        if parent == "mj-attributes":
            if tag not in schema.IN_MJ_ATTRIBUTES:
                self._fail(f"<{tag}> has no defaults to set in <mj-attributes>")
            return
        if tag not in schema.ATTRIBUTES:
            self._fail(f"unknown tag <{tag}> in <{parent}>")
        if tag not in schema.CHILDREN.get(parent, frozenset()):
            self._fail(f"<{tag}> may not stand in <{parent}>")

    def _check_attributes(self, tag: str, attributes: dict[str, str], parent: str | None) -> None:
        known = schema.IN_MJ_ATTRIBUTES if parent == "mj-attributes" else schema.ATTRIBUTES
        for attribute, value in attributes.items():
            if attribute not in known[tag]:
                self._fail(f'unknown attribute {attribute}="..." on <{tag}>')
            if "padding" in attribute and not _LENGTHS.fullmatch(value):
                found = f'{attribute}="{value}" on <{tag}>'
                self._fail(f"{found}, expected up to four lengths with a unit, like 0px 24px")

    def _end(self, _tag: str) -> None:
        if len(self._open) == self._holder_level:
            self._holder, self._holder_level = "", 0
        self._open.pop()

    def _text(self, text: str) -> None:
        parent = self._open[-1]
        if self._holder or text.isspace() or parent in schema.HOLD_TEXT:
            return
        self._fail(f"text in <{parent}>, which shows none: {text.strip()[:40]!r}")

    def _doctype(self, *_: object) -> None:
        self._fail("a document type declaration, expected none")

    def _instruction(self, *_: object) -> None:
        self._fail("a processing instruction, expected none")

    def _cdata(self) -> None:
        self._fail("a CDATA section, expected escaped text")

    def _declaration(self, *_: object) -> None:
        self._fail("an XML declaration, expected none")
