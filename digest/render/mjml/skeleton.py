"""Shortens what official MJML writes around every mail, without a change that a client could show.

- What is for Internet Explorer and its mobile sister (`X-UA-Compatible`, `-ms-`), and the name
  space of XHTML, which HTML has by itself.
- Rules and class of a column of the whole width: its style attribute says the same. The class of
  any other column has a shorter name.
- Of a button's cell and link what every cell and link is by default, and what they inherit.
- A column's `text-align`, where its section says it and nothing in the mail says anything else.
- The `word-break` of a cell, where the page around it says the same.
- Of Outlook's own tables a class that no rule names, the unit of a zero and the last semicolon.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_HEAD = (
    ('<!--[if !mso]><!--><meta http-equiv="X-UA-Compatible" content="IE=edge"><!--<![endif]-->',
     ""),
    ('<meta http-equiv="Content-Type" content="text/html; charset=UTF-8">',
     '<meta charset="utf-8">'),
    (' xmlns="http://www.w3.org/1999/xhtml"', ""),
)  # fmt: skip
_FOR_OLD_CLIENTS = re.compile(r";-ms-(?:text-size-adjust|interpolation-mode):[^;}]+(?=[;}])")
_WHOLE = "mj-column-per-100"
_WHOLE_RULE = re.compile(
    rf"(?:\.moz-text-html )?\.{_WHOLE}\{{width:100% ?!important;max-width:100%;?\}}"
)
_COLUMN, _SHORT = "mj-column-per-", "col-"
_COLUMN_TAG = re.compile(
    rf'(<div class="[^"]*\b{_COLUMN}[^"]*" style="font-size:0(?:px)?;)text-align:left;'
)
_BUTTON_CELL = re.compile(
    r'(<td align="[a-z]+" bgcolor="[^"]*") role="presentation"( [^>]*style=")border:none;'
)
_BUTTON_LINK = re.compile(r'<a [^>]* style="display:inline-block;background:')
_CELL = re.compile(r'<td [^>]*style="font-size:0(?:px)?;')
_BREAKS = "word-break:break-word"
_PAGE_BREAKS = re.compile(r"word-break: ?break-word")
_ALIGNED = re.compile(r"text-align(?<=\btext-align): *([\w-]+)")
_GHOST_CLASS = re.compile(r' class="([^"]*)"')
_GHOST_STYLE = re.compile(r'(?<= style=")[^"]*')
_ZERO = re.compile(r":0px(?=;|$)")


@dataclass(frozen=True, slots=True)
class Skeleton:
    """What holds throughout a mail, so that parts of MJML's own markup say nothing."""

    all_left: bool
    """No `text-align` but left."""
    breaks: bool
    """The page breaks long words."""
    fonts_inherited: bool
    """No kept rule sets a font."""
    whole_by_style: bool
    """No rule of ours names the class of a column of the whole width."""

    def shorten(self, tag: str) -> str:
        """Return a tag of MJML's without what says nothing."""
        if tag.startswith("<div "):
            return _COLUMN_TAG.sub(r"\1", tag) if self.all_left else tag
        if tag.startswith("<a ") and _BUTTON_LINK.match(tag):
            tag = tag.replace(";margin:0;", ";", 1).replace(' target="_blank"', "", 1)
            return tag.replace(";font-family:inherit;", ";", 1) if self.fonts_inherited else tag
        if tag.startswith("<td "):
            tag = _BUTTON_CELL.sub(lambda match: match[1] + _without_middle(match[2]), tag, count=1)
            if self.breaks and _CELL.match(tag):
                tag = tag.replace(f";{_BREAKS}", "", 1)
        return tag

    def classes(self, names: Iterable[str]) -> list[str]:
        """Return the names of classes as the mail has them."""
        kept = (name for name in names if not (self.whole_by_style and name == _WHOLE))
        return [name.replace(_COLUMN, _SHORT) for name in kept]

    def css(self, block: str) -> str:
        """Return a kept style block, whose white space is gone, in the same way."""
        bare = _WHOLE_RULE.sub("", block) if self.whole_by_style else block
        return _FOR_OLD_CLIENTS.sub("", bare).replace(f".{_COLUMN}", f".{_SHORT}")


def find_skeleton(html: str, said: str, kept: str) -> Skeleton:
    """Return what holds throughout `html`; `said` are all its styles, `kept` those in blocks."""
    return Skeleton(
        all_left=all(found == "left" for found in _ALIGNED.findall(said)),
        breaks=bool(_PAGE_BREAKS.search(html.partition("<body")[2].partition("<table")[0])),
        fonts_inherited="font-family:" not in kept,
        whole_by_style=_WHOLE not in _WHOLE_RULE.sub("", kept),
    )


def shorten_head(html: str) -> str:
    """Return `html` without what its head says to nobody."""
    head, end, body = html.partition("</head>")
    for long, short in _HEAD:
        head = head.replace(long, short, 1)
    return head + end + body


def shorten_ghosts(comment: str, kept: str) -> str:
    """Return a conditional comment of Outlook's tables; `kept` are the mail's style blocks."""
    if "<style" in comment:
        return comment
    named = _GHOST_CLASS.sub(lambda match: match[0] if _is_named(match[1], kept) else "", comment)
    return _GHOST_STYLE.sub(lambda match: _ZERO.sub(":0", match[0]).removesuffix(";"), named)


def _is_named(classes: str, kept: str) -> bool:
    return any(f".{name}" in kept for name in classes.split())


def _without_middle(rest: str) -> str:
    """Return a button's attributes without what a cell is by default."""
    return rest.replace(' valign="middle"', "", 1)
