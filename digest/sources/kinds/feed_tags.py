"""Reads the XML of a feed: by expat where it is well-formed, else tag by tag as far as it goes.

Both take time by the length of the document alone; no entity is expanded that the document defines.
"""

import codecs
import html
import re
from xml.parsers import expat

from digest.catalog.intake.charset import UnknownCharsetError, codec_for
from digest.sources.errors import FetchError
from digest.sources.kinds.feed_reader import BASE, EXPECTED, FeedReader

MOST_TAGS = 50_000
"""Of a document that is not well-formed: it is read by Python alone."""
_SEPARATOR = " "
_XML = "http://www.w3.org/XML/1998/namespace"
_NAMESPACES = frozenset(
    {
        "", "http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#", "http://purl.org/rss/1.0/",
        "http://my.netscape.com/rdf/simple/0.9/", "http://backend.userland.com/rss2",
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "http://purl.org/dc/elements/1.1/",
        "http://purl.org/dc/terms/", "http://purl.org/rss/1.0/modules/content/",
    }
)  # fmt: skip
"""Of the names that count; others, such as pictures' titles, are extensions."""
_PREFIXES = frozenset({"", "atom", "a10", "rdf", "dc", "dcterms", "content"})
"""The same where they can't be told but by how they are usually called."""
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ENCODING = re.compile(rb"\s{0,100}<\?xml[^>]{0,200}?encoding\s{0,9}=\s{0,9}[\"']([\w.:-]{1,40})")
_BEGINS = re.compile(r"<(?:\w{1,20}:)?(?:rss|feed|rdf)[\s>]", re.IGNORECASE)
_HEAD = 4_096
_TAG = re.compile(r"<(?:!--|!\[CDATA\[|!|\?|(/?)([A-Za-z_][\w.:-]{0,100}+)([^<>]*+)>)")
_ENDS = {"<!--": "-->", "<![CDATA[": "]]>", "<?": "?>", "<!": ">"}
_ATTRIBUTE = re.compile(r"([\w.:-]{1,50})\s{0,20}=\s{0,20}(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_MAX_ATTRIBUTES = 5_000
"""Characters read of the attributes of one tag, where the document is broken."""
_VOID = frozenset({"br", "hr", "img", "wbr", "input", "meta", "col", "embed"})
"""Tags of HTML that never close, in texts that were not escaped."""


def read_tags(body: bytes, url: str) -> FeedReader:
    """Return what a document holds, also of one that is broken. Raises FetchError."""
    text = _decoded(body)
    reader = FeedReader(url)
    try:
        _read_strictly(text, reader)
    except expat.ExpatError:
        reader = FeedReader(url, MOST_TAGS)
        _read_leniently(text, reader)
    return reader


def _decoded(body: bytes) -> str:
    for mark, codec in _MARKS:
        if body.startswith(mark):
            return body.decode(codec, "replace")
    stated = _ENCODING.match(body[: 2 * _HEAD])
    try:
        codec = codec_for(stated[1].decode("ascii")) if stated else "utf-8"
    except UnknownCharsetError:
        codec = "utf-8"
    if codecs.lookup(codec).name.startswith("utf-16"):
        codec = "utf-8"  # the declaration could be read without it
    try:
        return body.decode(codec)
    except UnicodeDecodeError:
        return body.decode("cp1252" if codec == "utf-8" else codec, "replace")


def _read_strictly(text: str, reader: FeedReader) -> None:
    """Raises ExpatError for what is not well-formed, FetchError for entities of its own."""
    parser = expat.ParserCreate("utf-8", namespace_separator=_SEPARATOR)

    def start(name: str, attributes: dict[str, str]) -> None:
        reader.start(_known(name), _named(attributes))

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: reader.end()
    parser.CharacterDataHandler = reader.text
    parser.EntityDeclHandler = _refuse_entity
    parser.buffer_text = True
    parser.Parse(text.encode("utf-8", "replace"), True)


def _known(name: str) -> str:
    space, _, local = name.rpartition(_SEPARATOR)
    return local.lower() if space in _NAMESPACES else ""


def _named(attributes: dict[str, str]) -> dict[str, str]:
    return {
        BASE if name == f"{_XML} base" else name.lower(): value
        for name, value in attributes.items()
    }


def _refuse_entity(*_: object) -> None:
    raise FetchError(f"found a document that defines entities, expected {EXPECTED}", is_final=True)


def _read_leniently(text: str, reader: FeedReader) -> None:
    """Read what browsers would: unescaped ampersands, odd characters, tags that never close."""
    begins = _BEGINS.search(text[:_HEAD])
    at, count = begins.start() if begins else len(text), 0
    stack: list[str] = []
    while (found := _TAG.search(text, at)) is not None:
        reader.text(html.unescape(text[at : found.start()]))
        if found[0] in _ENDS:
            end = text.find(_ENDS[found[0]], found.end())
            if end < 0:
                return
            if found[0] == "<![CDATA[":
                reader.text(text[found.end() : end])
            at = end + len(_ENDS[found[0]])
            continue
        at = found.end()
        count += 1
        if count > 2 * MOST_TAGS:
            raise FetchError(f"found more ends than tags, expected {EXPECTED}", is_final=True)
        _take_tag(found, stack, reader)


def _take_tag(found: re.Match[str], stack: list[str], reader: FeedReader) -> None:
    closes, name, rest = found[1], found[2].lower(), found[3]
    if closes:
        # One that was never opened closes nothing; one that closes others closes these first.
        while name in stack:
            reader.end()
            if stack.pop() == name:
                break
        return
    prefix, _, local = name.rpartition(":")
    is_known = not stack or prefix in _PREFIXES or prefix == stack[0].rpartition(":")[0]
    reader.start(local if is_known else "", _attributes(rest[:_MAX_ATTRIBUTES]))
    if rest.rstrip().endswith("/") or name in _VOID:
        reader.end()
    else:
        stack.append(name)


def _attributes(rest: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, *values in _ATTRIBUTE.findall(rest):
        key = BASE if name == "xml:base" else name.lower()
        found.setdefault(key, html.unescape("".join(values)))
    return found
