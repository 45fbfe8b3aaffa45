"""Tells which line of which template wrote a line of MJML, for errors found in the MJML.

Jinja2 does not record where its output comes from. So when MJML is refused, its template is
rendered once more with a marker in every line of every template; the markers are read off the
output. A marker consists of control characters, which no other text of a mail can contain.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from jinja2 import Environment
from jinja2.ext import Extension

from digest.render.errors import TemplateError
from digest.render.mjml.compiler import mjml_to_html

MAX_SHOWN = 60
"""Characters of a line of MJML that a message quotes."""
_START, _END = "\x01", "\x02"
_DIGITS = "\x03\x04\x05\x06\x07\x08\x0e\x0f"
_MARKER = re.compile(f"{_START}([{_DIGITS}]+){_END}")
_JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class TemplateLine:
    """A line of a template, counted from 1; `text` is what it says."""

    template: str
    number: int
    text: str


class LineMarkers(Extension):
    """Puts a marker before the first text of each template line; `lines` holds their meaning."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.lines: list[TemplateLine] = []

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """Return `source` with markers that change nothing else of what it renders to."""
        del filename
        # Each tag or comment of Jinja2 as characters that no template has, so places stay the same.
        hidden = _JINJA.sub(lambda match: re.sub("[^\n]", "\0", match[0]), source)
        lines = source.split("\n")
        for index, (line, shown) in enumerate(zip(lines, hidden.split("\n"), strict=True)):
            at = next((at for at, char in enumerate(shown) if char not in "\0 \t\r"), None)
            if at is not None:
                self.lines.append(TemplateLine(name or "", index + 1, line))
                lines[index] = f"{line[:at]}{_marker(len(self.lines) - 1)}{line[at:]}"
        return "\n".join(lines)


def compile_mjml(environment: Environment, name: str, render: Callable[[Environment], str]) -> str:
    """Return the HTML of the MJML that `render` makes of the template `name`.

    Raises TemplateError, with the template's own line where it can be found out.
    """
    source = render(environment)
    try:
        return mjml_to_html(source, name)
    except TemplateError as error:
        if error.line is None:
            raise
        shown = source.split("\n")[error.line - 1].strip()[:MAX_SHOWN]
        quoted = f"{error.problem}, where the MJML says: {shown}"
        origin = find_template_line(environment, source, error.line, render)
        if origin is None:
            raise TemplateError(name, None, quoted) from error
        # The error may be in what Jinja2 filled in, which the template does not show.
        problem = quoted if "{{" in origin.text else error.problem
        raise TemplateError(origin.template, origin.number, problem) from error


def find_template_line(
    environment: Environment, source: str, line: int, render: Callable[[Environment], str]
) -> TemplateLine | None:
    """Return what wrote line `line` (from 1) of `source`; None if that can't be found out."""
    marked = environment.overlay(extensions=[LineMarkers])
    markers = marked.extensions[LineMarkers.identifier]
    assert isinstance(markers, LineMarkers)  # noqa: S101 - just added
    try:
        output = render(marked)
    except TemplateError:
        return None
    if _MARKER.sub("", output) != source:
        return None
    # A line without a marker was filled in by the line before it.
    up_to = "\n".join(output.split("\n")[:line])
    first = _MARKER.search(up_to, up_to.rfind("\n") + 1)
    found = first[1] if first else next(reversed(_MARKER.findall(up_to)), None)
    return markers.lines[_number(found)] if found else None


def _marker(number: int) -> str:
    digits = "".join(_DIGITS[int(digit)] for digit in f"{number:o}")
    return f"{_START}{digits}{_END}"


def _number(digits: str) -> int:
    return int("".join(str(_DIGITS.index(digit)) for digit in digits), 8)
