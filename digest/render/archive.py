"""Turns an issue's frozen HTML into the public archive page, without anybody's tokens.

It changes nothing but slots, and leaves out what only a recipient can use, so that the archive
shows what was mailed (invariant 3, docs/invariants.md: those bytes, slots aside).
"""

import html as markup
import re
from collections.abc import Mapping

from digest.catalog.urls import is_web_address
from digest.render.slots import MARKS, Slot

_ADDRESS = re.compile(
    r"(?P<name>\b(?:href|src|action|background)\s*=\s*)(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)')",
    re.IGNORECASE,
)
_BODY = re.compile(r"<body\b[^>]*>")
_IMAGE = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_PERSONAL = re.compile(
    r"<(?P<tag>[a-z][a-z0-9]*)\b[^<>]*\sclass=\"(?:[^\"]*\s)?personal(?:\s[^\"]*)?\"[^<>]*>"
)
_CLICK_PATH = re.compile(r"/l/([0-9]{1,9})/" + re.escape(Slot.CLICK.mark))


def archive_html(
    html: str,
    links: Mapping[int, str],
    archive_url: str,
    sign_up_url: str,
    greeting: str = "Hello,",
) -> str:
    """Return `html` with every slot closed, for no reader in particular.

    Click links lead straight to their target in `links` (by number), or to `archive_url` if it is
    not usable. Elements of the class `personal`, and the tracking pixel, are left
    out, and `greeting` names nobody. Any other link that only a recipient could use (unsubscribe,
    preferences, vote) leads to `sign_up_url`.
    """
    straight = direct_links_html(_without_personal(html), links, archive_url)
    closed = _ADDRESS.sub(lambda match: _lead_to(match, sign_up_url), straight)
    greeted = closed.replace(Slot.GREETING.mark, markup.escape(greeting))
    # A slot in any other place (a visible address, a comment) has nothing to say to everybody.
    return MARKS.sub("", greeted)


def _without_personal(html: str) -> str:
    """Return `html` without the elements of the class `personal`, each up to its own end tag."""
    kept: list[str] = []
    at = 0
    for match in _PERSONAL.finditer(html):
        if match.start() >= at:
            kept.append(html[at : match.start()])
            at = _end_of(html, match["tag"], match.end())
    return "".join([*kept, html[at:]])


def _end_of(html: str, tag: str, at: int) -> int:
    """Return where the element ends whose start tag ends at `at`; there if it is never closed."""
    depth = 1
    for match in re.compile(rf"<(?P<end>/?){tag}\b[^>]*>", re.IGNORECASE).finditer(html, at):
        depth += -1 if match["end"] else 1
        if not depth:
            return match.end()
    return at


def direct_links_html(html: str, links: Mapping[int, str], other: str) -> str:
    """Return `html` without tracking: no pixel, and links lead straight to their target.

    `other` replaces a target that is missing or no web address. Personal slots stay.
    """

    def straight(match: re.Match[str]) -> str:
        number = click_number(_value(match))
        if number is None:
            return match[0]
        target = links.get(number, "")
        return f'{match["name"]}"{markup.escape(target if is_web_address(target) else other)}"'

    without_pixel = _IMAGE.sub(
        lambda match: "" if Slot.OPEN.mark in match[0] else match[0],
        html,
    )
    return _ADDRESS.sub(straight, without_pixel)


def click_number(value: str) -> int | None:
    """Return the number of the link that an attribute's value is the redirect of, if it is one."""
    click = _CLICK_PATH.search(markup.unescape(value))
    return int(click[1]) if click else None


def with_head_and_foot(html: str, head: str, foot: str) -> str:
    """Return the page with `head` added to its head and `foot` at its end.

    The mail between becomes <main>: a page needs that landmark, which mail clients bring along.
    """
    before, end, after = html.partition("</head>")
    if end:
        html = f"{before}{head}{end}{after}"
    html = _BODY.sub(lambda match: f"{match[0]}<main>", html, count=1)
    body, end, after = html.rpartition("</body>")
    return f"{body}</main>{foot}{end}{after}" if end else f"{html}</main>{foot}"


def _lead_to(match: re.Match[str], target: str) -> str:
    if not MARKS.search(_value(match)):
        return match[0]
    return f'{match["name"]}"{markup.escape(target)}"'


def _value(match: re.Match[str]) -> str:
    double: str | None = match["double"]
    return double if double is not None else str(match["single"])
