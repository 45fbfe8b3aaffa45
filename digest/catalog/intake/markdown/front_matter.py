"""Reads the front matter of a Markdown page: `key: value` lines between two `---` lines.

Only one-line values are read, and of them the address and the date; a library for YAML is not
needed for that.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from digest.catalog.intake.cleaning import clean_line
from digest.catalog.intake.dates import parse_published
from digest.catalog.intake.urls import is_importable

LOOKS_LIKE_IT = re.compile(r"\s*---[ \t]*\r?\n")
_FENCE = "---"
_ENDS = (_FENCE, "...")
_PAIR = re.compile(r"([A-Za-z_][\w-]{0,40})\s*:\s+(.+)")
_URL_KEYS = ("canonical_url", "canonical", "url", "link", "source")
_DATE_KEYS = ("published_at", "datepublished", "published", "date")
MOST_LINES = 200


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What a page's front matter says; `lines` is how many lines of the source it takes."""

    lines: int = 0
    url: str | None = None
    published_at: datetime | None = None


def read_front_matter(rows: list[str]) -> FrontMatter:
    """Return the front matter at the top of `rows`; an empty one if there is none."""
    start = next((at for at, row in enumerate(rows) if row.strip()), len(rows))
    if start == len(rows) or rows[start].rstrip() != _FENCE:
        return FrontMatter()
    for end in range(start + 1, min(len(rows), start + MOST_LINES)):
        if rows[end].rstrip() in _ENDS:
            values = _values(rows[start + 1 : end])
            # A rule, not a fence: there is text between it and the next.
            return FrontMatter(end + 1, _url(values), _date(values)) if values else FrontMatter()
    return FrontMatter()


def _values(rows: list[str]) -> dict[str, str]:
    found = (_PAIR.fullmatch(clean_line(row)) for row in rows)
    return {match[1].lower(): match[2].strip("\"'") for match in found if match}


def _url(values: dict[str, str]) -> str | None:
    return next((values[key] for key in _URL_KEYS if is_importable(values.get(key, ""))), None)


def _date(values: dict[str, str]) -> datetime | None:
    for key in _DATE_KEYS:
        try:
            return parse_published(values.get(key, ""), is_zone_needed=False)
        except ValueError:
            continue
    return None
