"""Checks that a reader can unsubscribe: a visible link in both parts, and RFC 8058's one click."""

import re
from collections.abc import Iterator

from digest.gate.findings import Code, Finding, found
from digest.gate.html_page import Element
from digest.gate.sample_message import SampleMessage

_ONE_CLICK = re.compile(
    rb"<(?:https://[^\s<>,]+|http://(?:localhost|127\.0\.0\.1|\[::1\])[:/][^\s<>,]+)>"
    rb"(?:, *<mailto:[^\s<>]+>)?"
)

_NOT_SHOWN = re.compile(r"display:none|visibility:hidden|(?:^|;)opacity:0?\.?0*%?(?:!|;|$)")
_SIZE = re.compile(r"(?:^|;)font-size:([0-9.]+)")


def check_unsubscribe(mail: SampleMessage) -> Iterator[Finding]:
    """Yield a finding if the link is missing or hidden, or the header fields are wrong."""
    fix = "put the link back into the template"
    if mail.text.strip() and mail.unsubscribe not in mail.text:
        yield found(Code.UNSUBSCRIBE_MISSING, "text", "no unsubscribe link", fix)
    links = [one for one in mail.page.all("a") if one.attributes.get("href") == mail.unsubscribe]
    if not links:
        yield found(Code.UNSUBSCRIBE_MISSING, "html", "no unsubscribe link", fix)
    elif not any(one.words() and not hidden(one) for one in links):
        what = "the unsubscribe link can't be seen"
        yield found(Code.UNSUBSCRIBE_MISSING, mail.page.place(links[0]), what, "let it show words")
    yield from _one_click(mail)


def hidden(element: Element | None) -> bool:
    """Return whether an element or one around it is not shown, or its text has no size."""
    size = ""
    while element is not None:
        style = element.attributes.get("style", "").replace(" ", "").lower()
        if _NOT_SHOWN.search(style):
            return True
        # The innermost size counts: cells around the words may have none.
        size = size or "".join(_SIZE.findall(style)[-1:])
        element = element.parent
    return bool(size) and not size.strip("0.")


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
