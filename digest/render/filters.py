"""The filters that email templates may use."""

import re
import unicodedata
from datetime import date
from textwrap import TextWrapper

from markupsafe import Markup

from digest.render.slots import disarm_slots

COLUMNS = 72
"""RFC 3676 section 4.2 asks for 66 to 72 in text that is read as it stands."""

_UNSAFE_IN_ATTRIBUTE = re.compile(r"[^A-Za-z0-9 .,:;/?#@!$()*+=_~%-]")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


# What XML 1.0 section 2.2 has no place for (one such character and the whole issue won't render),
# and the C1 controls, which HTML reads as other characters when they are written as references.
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def sanitize(text: str) -> str:
    """Text from outside as it may go out: no slots in it, and no characters that are no text."""
    return disarm_slots(_NOT_TEXT.sub("", text))


def reach(score: float, cells: int = 100) -> int:
    """How many of `cells` a bar of `score` per cent fills.

    Only nothing at all is drawn as empty and only everything as full: 99.9 is not a full bar.
    """
    filled = round(min(max(score, 0.0), 100.0) * cells / 100)
    if score > 0:
        filled = max(filled, 1)
    return min(filled, cells - 1) if score < 100 else filled  # noqa: PLR2004 - per cent


def attribute(value: object) -> Markup:
    r"""Text for an attribute of MJML, in numeric character references beyond plain ASCII.

    The MJML library prints attribute values by a debug format: a no-break space, a combining
    accent, a variation selector, a newline or a backslash would come out as `\u{..}`, and a
    quote would end the attribute.
    """
    text = sanitize(unicodedata.normalize("NFC", str(value)))
    references = _UNSAFE_IN_ATTRIBUTE.sub(lambda match: f"&#{ord(match[0])};", text)
    return Markup(references)  # noqa: S704 - only safe ASCII is left


def wrap(value: object, indent: str = "", first: str | None = None, width: int = COLUMNS) -> str:
    """Text in lines of at most `width` columns, each after `indent` (the first after `first`).

    Words and addresses stay whole, however long.
    """
    wrapper = TextWrapper(
        width=width,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(wrapper.wrap(" ".join(str(value).split())))


def written_date(value: date) -> str:
    """3 March 2026, whatever the machine's locale."""
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def month(value: date) -> str:
    """Mar 2026."""
    return f"{_MONTHS[value.month - 1][:3]} {value.year}"
