"""Renders editors' Markdown for the two parts of a mail: paragraphs, lists, quotes, links, stress.

Nothing else of Markdown, and no HTML, gets through: what is built here from tokens is checked once
more by nh3, and what is left is XML, as MJML asks for. Links go by the issue's registry, so they
are counted as any other; what is no web or mail address is printed without a link.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

from digest.compose.content import Markdown
from digest.language.isolates import as_markup
from digest.render.errors import TemplateError
from digest.render.filters import COLUMNS, sanitize, wrap
from digest.render.links import LinkRegistry, ascii_url

if TYPE_CHECKING:
    from markdown_it.token import Token

LINK = "text"
"""The kind of links in an editor's text."""
_REFUSED = (
    "code", "fence", "heading", "hr", "html_block", "html_inline", "image", "lheading", "reference",
)  # fmt: skip
_TAGS = {"p", "ul", "ol", "li", "blockquote", "strong", "em", "code", "a", "br"}
_CLASSED = {"p", "ul", "ol", "blockquote"}
_ATTRIBUTES = {"a": {"class", "href"}} | {tag: {"class"} for tag in _CLASSED}
_MAIL = re.compile(r"mailto:[A-Za-z0-9.!#$%&'*+/=?^_`{|}~@,;:-]{1,320}")
_STRESSED = {"strong_open", "strong_close", "em_open", "em_close"}
_SHOWN = 60


def prose_html(value: str, links: LinkRegistry, css: str = "intro") -> Markup:
    """Return `value` as paragraphs of HTML; text that is no Markdown is one paragraph."""
    text = sanitize(value)
    if not isinstance(value, Markdown):
        words = as_markup(Markup(escape(text)))  # noqa: S704 - escaped
        return Markup(f'<p class="{css}">{words}</p>')  # noqa: S704 - escaped
    built = "".join(_html(_parsed(text), links, css))
    clean = nh3.clean(
        built,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )
    # HTML's own words for what XML does not know.
    return Markup(clean.replace("<br>", "<br />").replace("&nbsp;", "&#160;"))  # noqa: S704


def prose_text(value: str, links: LinkRegistry) -> Markup:
    """Return `value` as wrapped lines of plain text, links in angle brackets behind their words."""
    text = sanitize(value)
    if not isinstance(value, Markdown):
        return Markup(wrap(text))  # noqa: S704 - plain text
    return Markup("\n\n".join(_blocks(_parsed(text), links)))  # noqa: S704 - plain text


def link_problems(text: str) -> list[str]:
    """Return, for each link of a Markdown text that can't be one, what is wrong with it."""
    found = []
    for token in _parsed(sanitize(text)):
        for child in token.children or ():
            href = str(child.attrGet("href") or "") if child.type == "link_open" else ""
            if child.type == "link_open" and not _is_address(href):
                found.append(
                    f"{href[:_SHOWN]!r} is no web address: it is shown without a link; "
                    "a link starts with https://, http:// or mailto:"
                )
    return found


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).disable(list(_REFUSED))


def _parsed(text: str) -> "Sequence[Token]":
    return _parser().parse(text)


def _is_address(href: str) -> bool:
    if _MAIL.fullmatch(href):
        return True
    try:
        ascii_url(href, "")
    except TemplateError:
        return False
    return True


def _href(href: str, label: str, links: LinkRegistry) -> str:
    """Return the address to put into a link; empty if it can't be one."""
    if not _is_address(href):
        return ""
    return href if href.startswith("mailto:") else str(links.to(LINK, label[:_SHOWN], href))


def _html(tokens: "Sequence[Token]", links: LinkRegistry, css: str) -> Iterator[str]:
    for token in tokens:
        if token.type == "inline":
            yield from _inline_html(token.children or (), links)
        elif not token.hidden and token.tag in _TAGS:
            yield _tag(token, css if token.nesting > 0 and token.tag in _CLASSED else "")


def _inline_html(children: "Sequence[Token]", links: LinkRegistry) -> Iterator[str]:
    linked: list[bool] = []
    for place, token in enumerate(children):
        if token.type == "link_open":
            href = _href(str(token.attrGet("href") or ""), _label(children[place:]), links)
            linked.append(bool(href))
            yield f'<a class="hue" href="{escape(href)}">' if href else ""
        elif token.type == "link_close":
            yield "</a>" if linked.pop() else ""
        elif token.type in _STRESSED:
            yield _tag(token)
        elif token.type == "code_inline":
            yield f"<code>{escape(token.content)}</code>"
        elif token.type == "hardbreak":
            yield "<br />"
        elif token.type == "softbreak":
            yield " "
        else:
            yield escape(token.content)


def _tag(token: "Token", css: str = "") -> str:
    classed = f' class="{css}"' if css else ""
    return f"</{token.tag}>" if token.nesting < 0 else f"<{token.tag}{classed}>"


def _blocks(tokens: "Sequence[Token]", links: LinkRegistry) -> Iterator[str]:
    """Yield each paragraph as wrapped text, with the sign of its list or quote."""
    indent: list[str] = []
    numbers: list[int] = []
    sign = ""
    for token in tokens:
        if token.type in {"bullet_list_open", "ordered_list_open"}:
            numbers.append(int(token.attrGet("start") or 1) if token.tag == "ol" else 0)
        elif token.type in {"bullet_list_close", "ordered_list_close"}:
            numbers.pop()
        elif token.type == "list_item_open":
            sign = f"{numbers[-1]}. " if numbers[-1] else "* "
            numbers[-1] += bool(numbers[-1])
            indent.append(" " * len(sign))
        elif token.type == "blockquote_open":
            indent.append("> ")
        elif token.type in {"list_item_close", "blockquote_close"}:
            indent.pop()
            sign = ""
        elif token.type == "inline":
            rest = "".join(indent)
            first = rest[: len(rest) - len(sign)] + sign if sign else rest
            lines = "".join(_inline_text(token.children or (), links)).split("\n")
            yield "\n".join(
                wrap(line, rest, first if place == 0 else rest, COLUMNS)
                for place, line in enumerate(lines)
            )
            sign = ""


def _inline_text(children: "Sequence[Token]", links: LinkRegistry) -> Iterator[str]:
    hrefs: list[tuple[str, str]] = []
    for place, token in enumerate(children):
        if token.type == "link_open":
            address = str(token.attrGet("href") or "")
            label = _label(children[place:])
            hrefs.append((_href(address, label, links), label))
        elif token.type == "link_close":
            href, _ = hrefs.pop()
            yield f" <{href}>" if href else ""
        elif token.type == "hardbreak":
            yield "\n"
        elif token.type == "softbreak":
            yield " "
        else:
            yield token.content


def _label(children: "Sequence[Token]") -> str:
    """Return the words of the link that `children` begin with."""
    words = []
    for token in children:
        if token.type == "link_close":
            break
        words.append(token.content)
    return "".join(words)
