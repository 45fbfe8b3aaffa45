"""Rules that say whether a sentence of an issue is true, apart from the code that writes them.

They read the sentence and the pages and nothing else: each form of a sentence has one rule with
arithmetic of its own, and a sentence without a rule counts as false.
"""

from tests.unit.compose.told_pages import Pages, resolve
from tests.unit.compose.told_rules import COMPILED


class Truth:
    """Checks sentences about one issue."""

    def __init__(self, pages: Pages) -> None:
        self.pages = pages

    def check(self, text: str) -> str | None:
        """Return why `text` is false or unknown; None if it is true."""
        known = False
        for shapes, kinds, rule in COMPILED:
            for shape in shapes:
                match = shape.fullmatch(text)
                values = match and [
                    resolve(found, self.pages) if is_tool else found
                    for found, is_tool in zip(match.groups(), kinds, strict=True)
                ]
                if values is None or None in values:
                    continue
                known = True
                if rule(self.pages, *values):
                    return None
        return f"{'false' if known else 'no rule'}: {text!r}"
