"""Refuses a Markdown page that would keep the parser busy, before it is parsed."""

import re
from collections.abc import Iterator, Sequence

from digest.catalog.intake import limits
from digest.catalog.pages import PageError

_MARK = re.compile(r"[\[\]*_~|!`<&\\]")
_TABLE_RULE = re.compile(r"[-\s>|:*+.)\d]*-[-\s>|:*+.)\d]*")
"""The line under a table's header, also in quotes and lists."""
_BLANK = re.compile(r"[\s>]*")


def check(rows: Sequence[str], source: str) -> None:
    """Raise PageError for a page of too many lines, marks or cells of tables."""
    for what, found, limit in (
        ("lines of Markdown", len(rows), limits.MARKDOWN_LINES),
        ("signs of Markdown's syntax", sum(map(_marks, rows)), limits.MARKDOWN_MARKS),
        ("cells in tables", sum(_cells(rows)), limits.MARKDOWN_CELLS),
    ):
        if found > limit:
            raise PageError(source, None, f"{found:,} {what}", f"{limit:,} at most")


def _marks(row: str) -> int:
    return len(_MARK.findall(row))


def _cells(rows: Sequence[str]) -> Iterator[int]:
    """Yield how many cells each table has at most: it ends at a blank line at the latest."""
    below = 0
    for row in reversed(rows):
        below = 0 if _BLANK.fullmatch(row) else below + 1
        if "|" in row and _TABLE_RULE.fullmatch(row):
            yield (row.count("|") + 1) * (below + 1)
