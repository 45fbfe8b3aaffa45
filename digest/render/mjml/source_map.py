"""Where in the templates a line of MJML was written, for faults that are only seen in the MJML.

Jinja2 keeps no account of which line of which template gave a line of its output, so the line is
looked for: what a template's line says literally, with anything where Jinja2 puts something in.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jinja2 import Environment

from digest.render.errors import TemplateError
from digest.render.mjml.compiler import mjml_to_html

CONTEXT_LINES = 12
"""Lines before and after that tell places with the same words apart."""
MAX_SHOWN = 60
_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)

Literals = tuple[str, ...]
"""What a line says for certain, in order: between two of them stands anything."""


@dataclass(frozen=True, slots=True)
class TemplateLine:
    template: str
    line: int


def compile_mjml(environment: Environment, source: str, name: str) -> str:
    """The HTML of MJML `source`, which `name` gave; a TemplateError has the template's line."""
    try:
        return mjml_to_html(source, name)
    except TemplateError as error:
        if error.line is None:
            raise
        place = find_template_line(environment, source, error.line)
        if place:
            raise TemplateError(place.template, place.line, error.problem) from error
        said = source.splitlines()[error.line - 1].strip()[:MAX_SHOWN]
        problem = f"{error.problem}, where the MJML says: {said}"
        raise TemplateError(name, None, problem) from error


def find_template_line(environment: Environment, source: str, line: int) -> TemplateLine | None:
    """Where line `line` (from 1) of `source` was written; None where that can't be told."""
    out = source.splitlines()
    best: dict[TemplateLine, int] = {}
    for template in environment.list_templates():
        if not template.endswith(".txt.j2"):
            written = _lines(environment, template)
            for index, (_, literals) in enumerate(written):
                if _says(literals, out[line - 1].strip()):
                    likeness = sum(
                        _alike(written[index + step :: step], out[line - 1 + step :: step])
                        for step in (-1, 1)
                        if index + step >= 0 and line - 1 + step >= 0
                    )
                    # Of two that fit alike, the one that says more of it.
                    best[TemplateLine(template, written[index][0])] = 1000 * likeness + len(
                        "".join(literals)
                    )
    top = [place for place, score in best.items() if score == max(best.values())]
    return top[0] if len(top) == 1 else None


def _lines(environment: Environment, template: str) -> list[tuple[int, Literals]]:
    """Each line of a template that says something by itself, with its number."""
    assert environment.loader  # noqa: S101 - email_environment gives it one
    text = environment.loader.get_source(environment, template)[0]
    bare = _COMMENT.sub(lambda match: "\n" * match[0].count("\n"), text)
    # Jinja2's own part as one character that no text has, its line ends kept.
    marked = _JINJA.sub(lambda match: "\0" + "\n" * match[0].count("\n"), bare)
    numbered = ((number, line.strip()) for number, line in enumerate(marked.split("\n"), 1))
    return [(number, tuple(line.split("\0"))) for number, line in numbered if line.strip("\0 ")]


def _alike(written: Sequence[tuple[int, Literals]], out: Sequence[str]) -> int:
    """How many lines in a row were written so."""
    count = 0
    for (_, literals), line in zip(written, _filled(out[: 2 * CONTEXT_LINES]), strict=False):
        if count == CONTEXT_LINES or not _says(literals, line):
            break
        count += 1
    return count


def _filled(lines: Sequence[str]) -> Iterator[str]:
    return (line.strip() for line in lines if line.strip())


def _says(literals: Literals, line: str) -> bool:
    """Whether `line` may come of a template's line that says `literals`."""
    first, *middle = literals
    if not middle:
        return line == first
    last = middle.pop()
    if not line.startswith(first) or not line.endswith(last):
        return False
    at, end = len(first), len(line) - len(last)
    for literal in middle:
        found = line.find(literal, at, end)
        if found < 0:
            return False
        at = found + len(literal)
    return at <= end
