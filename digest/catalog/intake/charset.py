"""Finds the character encoding that an HTML document declares.

In a browser's order (WHATWG HTML, section 13.2.3): a byte order mark comes first (see `decoding`),
then the first `<meta charset>` or `<meta http-equiv="Content-Type">`, then an XML declaration.
Labels mean what they mean in a browser: iso-8859-1 is windows-1252 and shift_jis is windows-31j.
"""

import codecs
import re
from html.parser import HTMLParser

from store.errors import DigestError

PRESCAN_BYTES = 16 * 1024
_XML_ENCODING = re.compile(
    r"\s*<\?xml\s[^>]{0,200}?\bencoding\s*=\s*[\"']\s*([^\"'\s]{1,40})\s*[\"']", re.IGNORECASE
)
_CONTENT_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([^\"'\s;]{1,40})", re.IGNORECASE)
# Python's name of a codec -> that of the encoding a browser takes instead.
_BROWSER_CODECS = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874",
    "tis-620": "cp874", "shift_jis": "cp932", "euc_kr": "cp949", "gb2312": "gb18030",
    "gbk": "gb18030", "big5": "big5hkscs",
}  # fmt: skip
_OTHER_LABELS = {
    "x-sjis": "cp932", "windows-31j": "cp932", "x-gbk": "gb18030", "x-cp1251": "cp1251",
    "x-cp1252": "cp1252",
    "x-mac-roman": "mac_roman", "x-mac-cyrillic": "mac_cyrillic", "x-euc-jp": "euc_jp",
    "unicode-1-1-utf-8": "utf-8", "x-unicode20utf8": "utf-8", "iso-8859-8-i": "iso8859-8",
    "windows-949": "cp949", "windows-874": "cp874", "dos-874": "cp874", "cn-big5": "big5hkscs",
}  # fmt: skip
SINGLE_BYTE = frozenset(
    (
        *(f"cp125{number}" for number in range(9)),
        *(f"iso8859-{number}" for number in range(2, 17)),
        "cp866", "cp874", "koi8-r", "koi8-u", "mac-roman", "mac-cyrillic",
    )
)  # fmt: skip
_KNOWN = SINGLE_BYTE | {
    "utf-8", "cp932", "cp949", "euc_jp", "iso2022_jp", "gb18030", "big5hkscs",
}  # fmt: skip


class UnknownCharsetError(DigestError, LookupError):
    """A label that names no encoding a browser knows."""


def declared_charset(data: bytes) -> str | None:
    """Return the label that an HTML document's first bytes declare, or None."""
    head = data[:PRESCAN_BYTES].decode("latin-1")
    finder = _MetaFinder()
    try:
        finder.feed(head)
    except AssertionError:  # a declaration that isn't HTML; the reader says so later
        return None
    if finder.label is not None:
        return finder.label
    match = _XML_ENCODING.match(head)
    return match[1] if match else None


def codec_for(label: str) -> str:
    """Return Python's name of the codec for `label`. Raises UnknownCharsetError.

    UTF-16 without a byte order mark can't be what the declaration is written in: it is UTF-8.
    """
    name = label.strip().lower()
    if name.startswith("utf-16") or name == "iso-10646-ucs-2":
        return "utf-8"
    try:
        found = codecs.lookup(_OTHER_LABELS.get(name, name)).name
    except (LookupError, ValueError):
        raise UnknownCharsetError(label) from None
    codec = _BROWSER_CODECS.get(found, found)
    if codec not in _KNOWN:
        raise UnknownCharsetError(label)
    return codec


class _MetaFinder(HTMLParser):
    """Keeps the first charset that a `<meta>` of the head declares."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.label: str | None = None
        self._is_over = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_over = self._is_over or tag == "body"
        if self.label is not None or self._is_over or tag != "meta":
            return
        attributes = dict(reversed(attrs))
        label = (attributes.get("charset") or "").strip()
        if not label and (attributes.get("http-equiv") or "").strip().lower() == "content-type":
            match = _CONTENT_CHARSET.search(attributes.get("content") or "")
            label = match[1] if match else ""
        self.label = label or None
