"""Filters that email templates may use."""

import re
from collections.abc import Sequence
from datetime import date
from textwrap import TextWrapper
from unicodedata import category, east_asian_width

from markupsafe import Markup

from digest.language.language import ENGLISH, Language
from digest.render.slots import DATE_MARK, disarm_slots
from store.text import normalize

COLUMNS = 72
"""RFC 3676 section 4.2 asks for 66 to 72 in fixed text."""

_UNSAFE_IN_ATTRIBUTE = re.compile(r"[^A-Za-z0-9 .,:;/?#@!$()*+=_~%-]")


# What XML 1.0 section 2.2 does not allow (one such character and the whole issue won't render),
# and the C1 controls, which HTML reads as other characters when they are written as references.
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


_WIDE = "\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff01-\uff60\u3000-\u303f"
_NEVER_FIRST = "，。、；：！？）」』】》〉”’…"
_PARTS = re.compile(rf"(?:[{_WIDE}]|[^\s{_WIDE}]+)[{_NEVER_FIRST}]*\s*")
"""What stays on one line: a wide letter or a word of others, and the marks after it."""


def sanitize(text: str) -> str:
    """Return text from outside without slots, and without characters that are no text."""
    if text.isascii() and text.isprintable() and "~~" not in text:
        return text
    return disarm_slots(_NOT_TEXT.sub("", text))


def bar_cells(score: float, cells: int = 100) -> int:
    """Return how many of `cells` a bar of `score` per cent fills.

    Only 0 is drawn as empty and only 100 as full: 99.9 is not a full bar.
    """
    filled = round(min(max(score, 0.0), 100.0) * cells / 100)
    if score > 0:
        filled = max(filled, 1)
    return min(filled, cells - 1) if score < 100 else filled  # noqa: PLR2004 - per cent


def attribute(value: object) -> Markup:
    r"""Return text for an attribute of MJML, with references for all but plain ASCII.

    The MJML library prints attribute values by a debug format: a no-break space, a combining
    accent, a variation selector, a newline or a backslash would come out as `\u{..}`, and a
    quote would end the attribute.
    """
    text = sanitize(normalize("NFC", str(value)))
    references = _UNSAFE_IN_ATTRIBUTE.sub(lambda match: f"&#{ord(match[0])};", text)
    return Markup(references)  # noqa: S704 - only safe ASCII is left


def wrap(value: object, indent: str = "", first: str | None = None, width: int = COLUMNS) -> str:
    """Wrap text to lines of at most `width` columns, each after `indent` (the first after `first`).

    Words and addresses stay whole, however long; Chinese and Japanese have none, and part between
    any two letters.
    """
    whole = str(value)
    text = " ".join(whole.split())
    if not whole.isascii() and any(east_asian_width(one) in "WF" for one in whole):
        return _wrap_wide(text, indent, first, width)
    head = indent if first is None else first
    if len(head) + len(text) <= width:
        return head + text if text else ""
    wrapper = TextWrapper(
        width=width,
        initial_indent=head,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(wrapper.wrap(text))


def _wrap_wide(text: str, indent: str, first: str | None, width: int) -> str:
    """Wrap text that has letters of two columns."""
    lines = [indent if first is None else first]
    filled = False
    for part in _PARTS.findall(text):
        if filled and _columns(lines[-1]) + _columns(part.rstrip()) > width:
            lines[-1] = lines[-1].rstrip()
            lines.append(indent)
        lines[-1] += part
        filled = True
    return "\n".join(lines).rstrip()


def column(label: str, labels: Sequence[str]) -> str:
    """Pad a label to the widest of `labels`, and two columns more; wide letters count as two."""
    return label + " " * (max(map(_columns, labels)) + 2 - _columns(label))


def _columns(text: str) -> int:
    return sum(1 + (east_asian_width(one) in "WF") for one in text if category(one) != "Cf")


def fill_date(text: str, day: date, language: Language = ENGLISH) -> str:
    """Return a rendered part with `day` as its day of sending."""
    return text.replace(DATE_MARK, language.written_date(day))


def fill_date_in_html(html: str, day: date, language: Language = ENGLISH) -> str:
    """Return the HTML part with `day` as its day of sending; one in ASCII stays in ASCII."""
    written = language.written_date(day)
    if html.isascii():
        written = written.encode("ascii", "xmlcharrefreplace").decode("ascii")
    return html.replace(DATE_MARK, written)
