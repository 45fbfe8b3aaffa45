"""Says whether a part can be sent as it is (7bit, RFC 2045 section 2.7), and encodes it so.

The renderer writes HTML for it (`render/mjml/seven_bit`). A part that was frozen before, or that
needs letters outside ASCII, goes as quoted-printable.
"""

import html
import re

MAX_LINE = 998
"""Octets without the line end: RFC 5322 section 2.1.1."""
NAME_AT_ONCE = 20
"""Characters of a greeting on one line of HTML: up to ten octets each as references."""
MAX_ON_A_LINE = 200
"""Octets that a greeting adds to a line at most."""

_LINE_END = re.compile(r"\r\n|\r|\n")
_CONTROLS = re.compile(r"[\x80-\x9f]")
"""Nothing is drawn for them, and their references stand for other letters."""
_PLAIN = re.compile(r"[\t -~]*")


def fits_seven_bit(text: str, marks: re.Pattern[str], widths: dict[str, int]) -> bool:
    """Return whether every line can be sent as it is, whatever goes into the marks.

    `widths` are as in `quoted_printable`. No line may end with white space, since transports may
    strip it, nor begin with a dot or a value, since SMTP doubles a dot there, nor with "From ",
    before which mailboxes in one file put a ">" (RFC 4155).
    """
    return all(_fits(line, marks, widths) for line in _LINE_END.split(text))


def _fits(line: str, marks: re.Pattern[str], widths: dict[str, int]) -> bool:
    if not _PLAIN.fullmatch(line) or line.startswith((".", "From ")) or line.endswith((" ", "\t")):
        return False
    found = [mark[0] for mark in marks.finditer(line)]
    filled = len(line) + sum(widths.get(mark, MAX_ON_A_LINE) for mark in found)
    return filled <= MAX_LINE and not marks.match(line)


def encode_seven_bit(text: str, marks: re.Pattern[str]) -> list[bytes | str]:
    """Return the text as bytes with CRLF line ends, cut at its marks, which stay str."""
    pieces: list[bytes | str] = []
    text, start = _LINE_END.sub("\r\n", text), 0
    for match in marks.finditer(text):
        pieces += [text[start : match.start()].encode("ascii"), match[0]]
        start = match.end()
    return [*pieces, text[start:].encode("ascii")]


def encode_in_html(value: str) -> bytes:
    """Return a text as HTML in ASCII; line ends in a long one stand in comments, unseen."""
    line = _CONTROLS.sub("", " ".join(_LINE_END.split(value)))
    whole = _references(line)
    if len(whole) <= MAX_ON_A_LINE:
        return whole
    parts = [line[at : at + NAME_AT_ONCE] for at in range(0, len(line), NAME_AT_ONCE)]
    return b"<!--\r\n-->".join(map(_references, parts))


def _references(value: str) -> bytes:
    return html.escape(value).encode("ascii", "xmlcharrefreplace")
