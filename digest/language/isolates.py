"""Turns marks of direction in a text into markup, where there is markup."""

import re
from unicodedata import bidirectional

from markupsafe import Markup

from digest.language.language import END_ISOLATE, ISOLATE

_ISOLATED = re.compile(f"{ISOLATE}([^\u2066-\u2069]*){END_ISOLATE}")


def as_markup(text: Markup) -> Markup:
    """Return escaped text with `<bdi>` for each pair of marks: what is in it keeps its order."""
    if ISOLATE not in text:
        return text
    # As plain text: what joins pieces of markup would escape the elements.
    return Markup(_ISOLATED.sub(r"<bdi>\1</bdi>", str(text)))  # noqa: S704 - it came in escaped


def direction_of(text: str) -> str:
    """Return `ltr` or `rtl` by the first letter that has a direction; empty where none has."""
    return {"": "", "L": "ltr"}.get(_first_strong(text), "rtl")


def is_arabic(text: str) -> bool:
    """Return whether `text` begins in the Arabic script."""
    return _first_strong(text) == "AL"


def _first_strong(text: str) -> str:
    """Return the first strong type of Unicode Standard Annex 9: L, R or AL; else nothing."""
    return next((kind for one in text if (kind := bidirectional(one)) in ("L", "R", "AL")), "")
