"""Checks style blocks: Gmail drops one that is too large, nested or broken, without a word."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

import tinycss2
from tinycss2.ast import Node, ParseError

from digest.gate.findings import Code, Finding, found
from digest.gate.html_page import Element
from digest.gate.inline_style import KEPT_STYLES, MAX_KEPT_LENGTH
from digest.gate.sample_message import SampleMessage

MAX_BLOCK_LENGTH = 8_192
"""Gmail drops a style block with more characters."""
MAX_STYLES_LENGTH = 16_384
"""Gmail drops the style block with which all of them have more."""
_FOLDER = "templates/email/_base"
_END = "digest-end"
"""A selector put after a style block: if it is not found again, something was left open."""


def check_style_blocks(mail: SampleMessage) -> Iterator[Finding]:
    """Yield a finding for each style block, or style attribute, that a client would drop."""
    total = 0
    for block in mail.page.all("style"):
        sheet = "".join(map(str, block.children))
        where = mail.page.where(block.at, "<style>")
        before, total = total, total + len(sheet)
        if len(sheet) > MAX_BLOCK_LENGTH:
            what = f"{len(sheet):,} characters; Gmail drops a block over {MAX_BLOCK_LENGTH:,}"
            yield found(Code.STYLE_LARGE, where, what, f"split it in {_FOLDER}")
        if before <= MAX_STYLES_LENGTH < total:
            what = f"all blocks together pass {MAX_STYLES_LENGTH:,} characters, Gmail's limit"
            yield found(Code.STYLE_LARGE, where, what, f"shorten the style blocks in {_FOLDER}")
        yield from _sheet(sheet, where)
    for element in mail.page.elements:
        yield from _attribute(mail, element)


def _sheet(sheet: str, where: str) -> Iterator[Finding]:
    problem = broken_rules(sheet)
    if problem:
        what = f"{problem}, for which Gmail drops the whole block"
        yield found(Code.STYLE_BROKEN, where, what, f"correct the CSS in {_FOLDER}")
    nested = _nested(tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True))
    if nested:
        what = f"{nested}, for which Gmail drops the whole block"
        yield found(Code.STYLE_NESTED, where, what, "write one query with `and` instead")


def _attribute(mail: SampleMessage, element: Element) -> Iterator[Finding]:
    style = element.attributes.get("style", "")
    problem = broken_declarations(style) if style else ""
    if problem:
        what = f"{problem} in a style attribute, which clients drop"
        yield found(Code.STYLE_BROKEN, mail.page.place(element), what, "correct the CSS")


def broken_rules(sheet: str) -> str:
    """Return what of a style sheet does not parse, in words; empty if all of it does."""
    nodes = tinycss2.parse_stylesheet(
        f"{sheet}\n{_END}{{}}", skip_comments=True, skip_whitespace=True
    )
    last = nodes[-1] if nodes else None
    if last is None or last.type != "qualified-rule" or _text(last.prelude) != _END:
        return "a bracket, quote or comment is not closed"
    return _broken_nodes(nodes[:-1])


def _broken_nodes(nodes: Iterable[Node]) -> str:
    for node in nodes:
        problem = ""
        if isinstance(node, ParseError):
            problem = node.message
        elif node.type == "at-rule":
            problem = _broken_tokens(node.prelude) or _broken_at_rule(node)
        elif node.type == "qualified-rule":
            problem = _broken_selector(node.prelude) or broken_declarations(_text(node.content))
        if problem:
            return problem
    return ""


def _broken_at_rule(node: Node) -> str:
    if node.content is None:
        return ""
    if node.lower_at_keyword in ("font-face", "page"):
        return broken_declarations(_text(node.content))
    inside = tinycss2.parse_rule_list(node.content, skip_comments=True, skip_whitespace=True)
    return _broken_nodes(inside)


def _broken_selector(prelude: list[Node]) -> str:
    selector = _text(prelude)
    if not all(part.strip() for part in selector.split(",")) and "(" not in selector:
        return f"an empty selector in “{selector[:40]}”"
    return _broken_tokens(prelude)


def broken_declarations(style: str) -> str:
    """Return what of a list of declarations does not parse, in words; empty if all of it does."""
    return _kept(style) if len(style) <= MAX_KEPT_LENGTH else _broken_declarations(style)


def _broken_declarations(style: str) -> str:
    nodes = tinycss2.parse_declaration_list(
        f"{style}\n;{_END}:0", skip_comments=True, skip_whitespace=True
    )
    if not nodes or nodes[-1].type != "declaration" or nodes[-1].name != _END:
        return "a bracket, quote or comment is not closed"
    for node in nodes[:-1]:
        if isinstance(node, ParseError):
            return str(node.message)
        if node.type == "declaration":
            value = _broken_tokens(node.value)
            if value or not _text(node.value):
                return value or f"“{node.name}” has no value"
    return ""


_kept = lru_cache(KEPT_STYLES)(_broken_declarations)


def _broken_tokens(tokens: Iterable[Node]) -> str:
    errors = [one.message for one in _walk(tokens) if one.type == "error"]
    return errors[0] if errors else ""


def _nested(nodes: Iterable[Node]) -> str:
    """Return the first at-rule that stands within another rule, in words; empty if none does."""
    for node in nodes:
        if node.type not in ("at-rule", "qualified-rule"):
            continue
        outer = f"@{node.at_keyword}" if node.type == "at-rule" else "a rule"
        for token in _walk(node.content or []):
            if token.type == "at-keyword":
                return f"@{token.value} stands within {outer}"
    return ""


def _walk(tokens: Iterable[Node]) -> Iterator[Node]:
    """Yield the tokens and all within their brackets."""
    for token in tokens:
        yield token
        inner = getattr(token, "content", None) or getattr(token, "arguments", None)
        if isinstance(inner, list):
            yield from _walk(inner)


def _text(tokens: Iterable[Node]) -> str:
    return str(tinycss2.serialize(tokens)).strip()
