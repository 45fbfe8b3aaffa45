"""Finds what takes bytes in a mail's HTML and changes no pixel and no rule, in any client.

- A class that only inlined styles name: they stand in the style attributes by then.
- A kept rule for a class of ours that nothing in this mail has (dark mode's rule for a chip).
- What is for Outlook 2003 alone (a condition and its class): its support ended in 2014.
- `<tbody>`, which every HTML parser puts in by itself; official MJML writes it, few others do.
- The end of a condition for Outlook where the same one begins again (official MJML joins them too).
- What is said twice (`background` before `background-color`), by default (`direction` where all is
  from left to right, a table without a border, a bold heading, a cursor) or to no effect
  (`vertical-align` of a table, or as an attribute, which HTML has not), and the unit of a zero.

Styles that an element inherits are not looked for: Outlook inherits no font into a table, and what
a cell says once (`words` in the templates) is not said again in it.
"""

import re
from dataclasses import dataclass

from digest.render.mjml.skeleton import Skeleton, find_skeleton, shorten_ghosts

KEPT_CLASSES = frozenset({"imprint", "personal"})
"""Classes that other stages look for: `guard_words`, `archive`."""

_OUTLOOK_2003 = "<!--[if lte mso 11]>"
_ITS_CLASS = "mj-outlook-group-fix"
_CLASS = re.compile(r'(?<= class=")[^"]*')
_EMPTY = re.compile(r' (?:class|style)=""')
_CLASS_NAME = re.compile(r"\.(-?[A-Za-z_][\w-]*)")
_RULE = re.compile(r"([^{}@;]+)\{([^{}]*)\}")
_EMPTY_MEDIA = re.compile(r"@media[^{}]*\{\}")
_EMPTY_BLOCK = re.compile(r"<style\b[^>]*></style>")
_STYLE = re.compile(r'(?<= style=")[^"]*')
# For a whole page: a look back alone would be tried at every character.
_EVERY_CLASS = re.compile(r' class="([^"]*)')
_EVERY_STYLE = re.compile(r' style="([^"]*)')
_SAID_TWICE = re.compile(r"(?:(?<=;)|^)background:([^;]+);(?=background-color:\1(?:;|$))")
_ZERO = re.compile(r"(?<=[:, ])0px(?=[;, ]|$)")
_TABLE_ALIGNED = re.compile(r"(?:(?<=;)|^)vertical-align:[a-z]+(?:;|$)")
_BOLD = re.compile(r"(?:(?<=;)|^)font-weight:700(?:;|$)")
_HEADING = re.compile(r"<h[1-6] ")
# The first only where nothing says rtl, be it in an attribute.
_DEFAULTS = ("direction:ltr", "cursor:auto", "text-transform:none")
_NO_BORDER = ' border="0"'
_NO_ATTRIBUTE = re.compile(r' vertical-align="[a-z]+"')
_TABLE_TAG = re.compile(r"<table [^>]*>")
_ENDIF = "<![endif]-->"


@dataclass(frozen=True, slots=True)
class Waste:
    """What goes: `done` are classes, `unmet` those without an element, `defaults` declarations."""

    done: frozenset[str]
    unmet: frozenset[str]
    defaults: tuple[str, ...]
    skeleton: Skeleton

    def needless(self, tag: str) -> bool:
        """Return whether a whole tag goes."""
        return tag in ("<tbody>", "</tbody>")

    def strip(self, tag: str) -> str:
        """Return a tag with its style minified, without what is of no effect."""
        if "=" not in tag:
            return tag
        tag = _STYLE.sub(lambda match: self._style(match[0], tag), tag, count=1)
        if tag.startswith("<table "):
            tag = tag.replace(_NO_BORDER, "", 1)
        tag = self.skeleton.shorten(_NO_ATTRIBUTE.sub("", tag))
        return _EMPTY.sub("", _CLASS.sub(lambda match: self._classes(match[0]), tag, count=1))

    def _style(self, css: str, tag: str) -> str:
        css = _SAID_TWICE.sub("", css)
        for default in self.defaults:
            css = f";{css}".replace(f";{default}", "").removeprefix(";")
        if tag.startswith("<table "):
            css = _TABLE_ALIGNED.sub("", css)
        elif _HEADING.match(tag) and "font:" not in css:
            css = _BOLD.sub("", css)
        if "(" not in css:  # within brackets, as in calc(), a zero may need its unit
            css = _ZERO.sub("0", css)
        return css if css.endswith("&quot;") else css.removesuffix(";")

    def _classes(self, value: str) -> str:
        return " ".join(
            self.skeleton.classes(name for name in value.split() if name not in self.done)
        )

    def prune(self, block: str) -> str:
        """Return a minified style block without rules for classes that no element has."""
        block = self.skeleton.css(block)
        start = block.index(">") + 1
        kept = _RULE.sub(self._rule, block[start:])
        return _EMPTY_BLOCK.sub("", block[:start] + _EMPTY_MEDIA.sub("", kept))

    def _rule(self, match: re.Match[str]) -> str:
        selectors = [
            selector
            for selector in match[1].split(",")
            if self.unmet.isdisjoint(_CLASS_NAME.findall(selector))
        ]
        return f"{','.join(selectors)}{{{match[2]}}}" if selectors else ""


def find_waste(html: str, css: str, styles: str, rules: str) -> Waste:
    """Return the waste in `html`, into which `css` was inlined.

    `styles` are the style blocks that stay, `rules` these and those for Outlook alone.

    Classes that `css` does not name are somebody else's, a client's own for instance: they stay.
    """
    ours = frozenset(_CLASS_NAME.findall(css))
    met = frozenset(" ".join(_EVERY_CLASS.findall(html)).split())
    named = frozenset(_CLASS_NAME.findall(rules))
    # A mail has a hundred styles some thousand times: each is looked at once.
    said = ";".join([*dict.fromkeys(_EVERY_STYLE.findall(html)), rules, css])
    defaults = _DEFAULTS[1:] if "rtl" in html else _DEFAULTS
    return Waste(
        done=(ours - named - KEPT_CLASSES) | {_ITS_CLASS},
        unmet=ours - met,
        # They are inherited: a default has no effect as long as nobody says anything else.
        defaults=tuple(one for one in defaults if _is_only_value(one, said)),
        skeleton=find_skeleton(html, said, styles),
    )


def _is_only_value(declaration: str, said: str) -> bool:
    """Return whether no other value of its property stands in any style."""
    name, _, value = declaration.partition(":")
    values = re.findall(rf"{name}(?<=\b{name}): *([\w-]+)", said)  # begins with what is looked for
    return all(found == value for found in values)


def is_for_outlook_2003(comment: str) -> bool:
    """Return whether a conditional comment says something to Outlook 2003 and older alone."""
    return comment.startswith(_OUTLOOK_2003)


def join_conditions(out: list[str], comment: str, rules: str) -> None:
    """Append a conditional comment to `out`, as one with the comment before it if both agree.

    `rules` are the mail's, which may name a class in it.
    """
    comment = _TABLE_TAG.sub(lambda match: match[0].replace(_NO_BORDER, "", 1), comment)
    comment = shorten_ghosts(comment, rules)
    condition, begins, rest = comment.partition("]>")
    if (
        begins
        and out
        and comment.endswith(_ENDIF)
        and out[-1].startswith(condition + begins)
        and out[-1].endswith(_ENDIF)
        and not rest.startswith("<!--")
    ):
        out[-1] = out[-1].removesuffix(_ENDIF) + rest
    else:
        out.append(comment)
