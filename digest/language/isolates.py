"""Turns marks of direction in a text into markup, where there is markup."""

import re

from markupsafe import Markup

from digest.language.language import END_ISOLATE, ISOLATE

_ISOLATED = re.compile(f"{ISOLATE}([^\u2066-\u2069]*){END_ISOLATE}")


def as_markup(text: Markup) -> Markup:
    """Return escaped text with `<bdi>` for each pair of marks: what is in it keeps its order."""
    if ISOLATE not in text:
        return text
    # As plain text: what joins pieces of markup would escape the elements.
    return Markup(_ISOLATED.sub(r"<bdi>\1</bdi>", str(text)))  # noqa: S704 - it came in escaped
