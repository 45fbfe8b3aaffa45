"""Lays the clicks of each link over an issue's HTML, at the link itself.

A badge takes no room: it is positioned out of the flow, so that the mail stays as it was sent.
"""

import html as markup
import re
from collections.abc import Mapping
from dataclasses import dataclass

from digest.render.archive import click_number

LEVELS = 4
"""How many steps of colour there are, from the least clicked link to the most."""
_COMMENT = re.compile(r"(<!--.*?-->)", re.DOTALL)
_LINK = re.compile(r"<a\b[^>]*?\bhref\s*=\s*(?:\"([^\"]*)\"|'([^']*)')[^>]*>", re.IGNORECASE)
_STYLE = """<style>
.clicks-badge{position:absolute;z-index:9;transform:translate(-88%,-15%);padding:0 6px;
border:1px solid #fff;border-radius:9px;
font:700 11px/17px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;
letter-spacing:0;text-decoration:none;text-transform:none;white-space:nowrap;
box-shadow:0 1px 3px rgba(0,0,0,.35)}
.clicks-0{background:#e7e5df!important;color:#4a4a57!important}
.clicks-1{background:#fdeac4!important;color:#5a3600!important}
.clicks-2{background:#f9b95c!important;color:#3d2300!important}
.clicks-3{background:#c2410c!important;color:#fff!important}
.clicks-4{background:#8f1239!important;color:#fff!important}
</style>"""


@dataclass(frozen=True, slots=True)
class Badge:
    """What stands at a link: a few signs, a sentence for whoever points at it, and its step."""

    shown: str
    told: str
    level: int


def click_map_html(html: str, badges: Mapping[int, Badge]) -> str:
    """Return the page with a badge at each link that has one, by number. Slots stay open.

    A link that stands in several places has its badge at each of them.
    """

    def marked_link(match: re.Match[str]) -> str:
        return match[0] + _badge(match, badges)

    parts = _COMMENT.split(html)
    # Every other part is a comment: Outlook's, whose links nobody else sees.
    parts[::2] = [_LINK.sub(marked_link, one) for one in parts[::2]]
    marked = "".join(parts)
    head, end, rest = marked.partition("</head>")
    return f"{head}{_STYLE}{end}{rest}" if end else _STYLE + marked


def level_of(people: int, most: int) -> int:
    """Return the step of a link that so many clicked, `most` being the most of any; 0 for none."""
    if people <= 0 or most <= 0:
        return 0
    return 1 + min(LEVELS - 1, (people * LEVELS - 1) // most)


def _badge(match: re.Match[str], badges: Mapping[int, Badge]) -> str:
    number = click_number(match[1] if match[1] is not None else match[2])
    badge = badges.get(number) if number is not None else None
    if badge is None:
        return ""
    return (
        f'<span class="clicks-badge clicks-{badge.level}" title="{markup.escape(badge.told)}">'
        f"{markup.escape(badge.shown)}</span>"
    )
