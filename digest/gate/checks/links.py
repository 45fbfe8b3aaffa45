"""Checks links: that each leads somewhere, over https, and says where."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from digest.gate.findings import Code, Finding, found
from digest.gate.html_page import Element
from digest.gate.sample_message import SampleMessage

LOOPBACK = ("localhost", "127.0.0.1", "::1")
SHORTENERS = frozenset(
    "bit.ly buff.ly cutt.ly goo.gl is.gd lnkd.in ow.ly rb.gy rebrand.ly shorturl.at "  # noqa: SIM905
    "t.co t.ly tiny.cc tinyurl.com tr.im v.gd".split()
)
"""Public shorteners: filters score them, since they hide where a link leads."""
_CLICK = re.compile(r"/l/([0-9]+)/[^/]+")
_MAIL = ("mailto", "tel")


def check_links(mail: SampleMessage) -> Iterator[Finding]:
    """Yield a finding for each link that is dead, insecure, shortened, unnamed or duplicate.

    And one if the pages' own address is of this machine alone, unsubscribe links included.
    """
    if urlsplit(mail.public_url).hostname in LOOPBACK:
        what = f"all lead to {mail.public_url}, which nobody but this machine reaches"
        yield found(Code.LINK_LOCAL, "links", what, "set DIGEST_PUBLIC_URL to an https address")
    yield from _targets(mail)
    for element in mail.page.elements:
        for name in ("href", "src"):
            if name in element.attributes and element.tag != "link":
                yield from _address(mail, element, element.attributes[name].strip())
        if element.tag == "a" and "href" in element.attributes and not _is_named_or_hidden(element):
            what = f"no words: {element.attributes['href'][:60]}"
            yield found(Code.LINK_UNNAMED, mail.page.place(element), what, "give it words")


def _targets(mail: SampleMessage) -> Iterator[Finding]:
    """Check the targets that the store has for the numbers in click links."""
    numbers: dict[str, list[int]] = {}
    for number, url in mail.targets.items():
        numbers.setdefault(url, []).append(number)
        where = f"link {number}"
        yield from _secure(where, url, "import the comparison with its https address")
        if _is_shortener(urlsplit(url).hostname):
            what = f"{url} hides where it leads"
            yield found(Code.LINK_SHORTENED, where, what, "import the comparison's own address")
    for url, several in numbers.items():
        if len(several) > 1:
            what = f"links {', '.join(map(str, several))} all lead to {url}"
            fix = "fine where both are meant; their clicks are counted apart"
            yield found(Code.LINK_DUPLICATE, "links", what, fix)


def _address(mail: SampleMessage, element: Element, url: str) -> Iterator[Finding]:
    where = mail.page.place(element)
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme in _MAIL and parts.path:
        return
    if parts.scheme not in ("http", "https") or not host:
        what = f"it leads nowhere: {url[:60]!r}"
        yield found(Code.LINK_DEAD, where, what, "a link in mail is a whole https address")
        return
    click = _CLICK.fullmatch(url.removeprefix(mail.public_url))
    if url.startswith(mail.public_url) and click and int(click[1]) not in mail.targets:
        what = f"the store has no target for link {click[1]}"
        yield found(Code.LINK_DEAD, where, what, "make the link through links.to(...)")
    yield from _secure(where, url, "give it an https address")
    if _is_shortener(host):
        what = f"{url[:60]} hides where it leads"
        yield found(Code.LINK_SHORTENED, where, what, "link to the page itself")


def _secure(where: str, url: str, fix: str) -> Iterator[Finding]:
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        yield found(Code.LINK_INSECURE, where, f"not https: {url[:100]}", fix)


def _is_shortener(host: str | None) -> bool:
    return (host or "").removeprefix("www.") in SHORTENERS


def _is_named_or_hidden(link: Element) -> bool:
    """Return whether a link has words, or is hidden from everybody, screen readers included."""
    invisible = "display:none" in link.attributes.get("style", "").replace(" ", "")
    silent = link.attributes.get("aria-hidden") == "true"
    named = link.words() or link.attributes.get("aria-label", "").strip()
    return bool(named or (invisible and silent))
