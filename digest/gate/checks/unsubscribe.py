"""Checks that a reader can unsubscribe: a visible link in both parts, and RFC 8058's one click."""

import re
from collections.abc import Iterator

from digest.gate.findings import Code, Finding, found
from digest.gate.html_page import Element, Page
from digest.gate.sample_message import SampleMessage
from digest.gate.visibility import MIN_FONT_SIZE, seen_words, views

_ONE_CLICK = re.compile(
    rb"<(?:https://[^\s<>,]+|http://(?:localhost|127\.0\.0\.1|\[::1\])[:/][^\s<>,]+)>"
    rb"(?:, *<mailto:[^\s<>]+>)?"
)

_BLANK_LETTERS = "\u115f\u1160\u3164\uffa0"
"""Hangul's fillers: letters that nobody sees."""
_MIN_LETTERS = 2
"""What a link's words have at least: “.” or “>” tells nobody what it does."""


def check_unsubscribe(mail: SampleMessage) -> Iterator[Finding]:
    """Yield a finding if the link is missing or hidden, or the header fields are wrong."""
    fix = "put the link back into the template"
    if mail.text.strip() and mail.unsubscribe not in mail.text:
        yield found(Code.UNSUBSCRIBE_MISSING, "text", "no unsubscribe link", fix)
    links = _links(mail, mail.page)
    if not links:
        yield found(Code.UNSUBSCRIBE_MISSING, "html", "no unsubscribe link", fix)
    elif not any(_says_something(one.words()) for one in links):
        what = "no words say what the unsubscribe link does"
        yield found(Code.UNSUBSCRIBE_MISSING, mail.page.place(links[0]), what, "word it plainly")
    else:
        yield from _unseen(mail, links[0])
    yield from _one_click(mail)


def _links(mail: SampleMessage, page: Page) -> list[Element]:
    return [one for one in page.all("a") if one.attributes.get("href") == mail.unsubscribe]


def _says_something(words: str) -> bool:
    return sum(one.isalpha() and one not in _BLANK_LETTERS for one in words) >= _MIN_LETTERS


def _unseen(mail: SampleMessage, first: Element) -> Iterator[Finding]:
    """Yield a finding if there is a client, window or colour scheme in which no link is seen."""
    for condition, page in views(mail.page):
        if not any(_says_something(seen_words(one)) for one in _links(mail, page)):
            what = f"the unsubscribe link can't be seen{condition and f' under {condition}'}"
            fix = f"show its words, at {MIN_FONT_SIZE:.0f} px or more"
            yield found(Code.UNSUBSCRIBE_MISSING, mail.page.place(first), what, fix)
            return


def _one_click(mail: SampleMessage) -> Iterator[Finding]:
    fix = "write both fields of RFC 8058, each on one line; see digest/message/headers.py"
    values: dict[bytes, list[bytes]] = {}
    for line in mail.header.split(b"\r\n"):
        name, _, value = line.partition(b":")
        values.setdefault(name.lower(), []).append(value.strip())
    uris = values.get(b"list-unsubscribe", [])
    if len(uris) != 1 or not _ONE_CLICK.fullmatch(uris[0]):
        what = "not one <https://...> on one line" if uris else "missing"
        yield found(Code.ONE_CLICK_MISSING, "header, List-Unsubscribe", what, fix)
    posts = values.get(b"list-unsubscribe-post", [])
    if posts != [b"List-Unsubscribe=One-Click"]:
        what = "not List-Unsubscribe=One-Click" if posts else "missing"
        yield found(Code.ONE_CLICK_MISSING, "header, List-Unsubscribe-Post", what, fix)
