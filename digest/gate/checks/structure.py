"""Checks what screen readers need: title, language, direction, headings, image descriptions."""

import re
from collections.abc import Iterator

from digest.gate.findings import Code, Finding, found
from digest.gate.html_page import Element
from digest.gate.sample_message import SampleMessage

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_LAYOUT = "templates/email/_base/layout.mjml.j2"


def check_structure(mail: SampleMessage) -> Iterator[Finding]:
    """Yield a finding for each of these that is missing or out of order."""
    yield from _title(mail)
    yield from _language(mail)
    yield from _headings(mail)
    for image in mail.page.all("img"):
        if "alt" not in image.attributes:
            what = f"no alt: {image.attributes.get('src', '')[:60]}"
            fix = 'give it words, or alt="" where it is decoration'
            yield found(Code.ALT_MISSING, mail.page.place(image), what, fix)


def _title(mail: SampleMessage) -> Iterator[Finding]:
    titles = [one for one in mail.page.all("title") if "".join(map(str, one.children)).strip()]
    if not titles:
        what = "no <title>, which screen readers say first"
        yield found(Code.TITLE_MISSING, "html, <head>", what, f"put mj-title into {_LAYOUT}")


def _language(mail: SampleMessage) -> Iterator[Finding]:
    """Check lang and dir on the root, and once in the body, as webmail drops <html> and <body>."""
    roots, bodies = mail.page.all("html"), mail.page.all("body")
    inside = [one for body in bodies for one in body.walk() if one.tag != "body"]
    for name, code in (("lang", Code.LANGUAGE_MISSING), ("dir", Code.DIRECTION_MISSING)):
        for where, elements in (("<html>", roots), ("<body>", inside)):
            if not any(_says(one, name) for one in elements):
                what = f"no {name} on or in {where}"
                yield found(code, f"html, {where}", what, f"set {name} on <mjml> in {_LAYOUT}")
                break


def _says(element: Element, name: str) -> bool:
    value = element.attributes.get(name, "").strip().lower()
    if name == "dir":
        return value in ("ltr", "rtl")
    return value != "und" and _LANGUAGE.fullmatch(value) is not None


def _headings(mail: SampleMessage) -> Iterator[Finding]:
    headings = mail.page.all(*_HEADINGS)
    before = 0
    if not any(one.tag == "h1" for one in headings):
        before = 1
        yield found(Code.HEADING_MISSING, "html", "no <h1>", "make the issue's name an <h1>")
    for heading in headings:
        level = int(heading.tag[1])
        if level > before + 1:
            what = f"h{level} follows {f'h{before}' if before else 'nothing'}"
            fix = f"make it an h{before + 1}, whatever it looks like"
            yield found(Code.HEADING_ORDER, mail.page.place(heading), what, fix)
        before = level
