"""Sets Jinja2 up for email templates: strict, escaping, and closed to slots from outside.

A template comes from whoever looks after the newsletter's look, and may not run programs: it is
rendered in Jinja2's sandbox, which refuses every attribute that leads to Python itself.
"""

from pathlib import Path
from typing import Any

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    pass_eval_context,
)
from jinja2.nodes import EvalContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

import digest
from digest.language.isolates import as_markup
from digest.language.language import ENGLISH, ISOLATE, Language
from digest.language.templates import Said, add_language
from digest.render.errors import TemplateError
from digest.render.filters import attribute, bar_cells, column, sanitize, wrap
from digest.render.slots import Slot

ESCAPED = (".mjml.j2", ".html.j2")


class Href(str):
    """An ASCII address made here: the only text besides `Slot` that may contain a slot."""

    __slots__ = ()


_MADE_HERE = (Href, Markup, Said)
_PLAIN = frozenset({str, int, float, bool, tuple})
"""Types of values that are no methods, `str.format` for one, which the sandbox replaces."""


class SandboxedEnvironment(ImmutableSandboxedEnvironment):
    """Jinja2's sandbox, which judges an attribute once for each type of object."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._judged: dict[tuple[type, str], bool] = {}

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return an attribute, or an item of that name; a plain value without a further look."""
        if self._judged.get((type(obj), attribute)):
            value = getattr(obj, attribute, None)
            if type(value) in _PLAIN:
                return value
        return super().getattr(obj, attribute)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Return whether a template may read `attr`; the sandbox goes by type and name alone."""
        key = (type(obj), attr)
        if key not in self._judged:
            self._judged[key] = super().is_safe_attribute(obj, attr, value)
        return self._judged[key]


def email_environment(
    *folders: Path, language: Language = ENGLISH, content_language: str = ""
) -> Environment:
    """Return an environment over `folders` (see `templates_folder`), relative to `email/` in each.

    Its templates word messages in `language`; `content_language` is that of the pages, if known.

    A template is taken from the first folder that has it. Raises TemplateError if a folder has no
    `email/`.
    """
    roots = [folder / "email" for folder in folders]
    for root in roots:
        if not root.is_dir():
            problem = "no folder email/ in it; expected the templates"
            raise TemplateError(str(root.parent), None, problem)
    environment = SandboxedEnvironment(
        loader=ChoiceLoader([FileSystemLoader(root) for root in roots]),
        autoescape=_escapes,
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "attr": attribute,  # replaces Jinja2's own, which reads an object's attribute
        "column": column,
        "reach": bar_cells,
        "wrap": wrap,
    }
    add_language(environment, language, checked, content_language)
    return environment


def templates_folder() -> Path:
    """Return the folder with `email/`: inside the package `digest`, or beside it in a checkout."""
    package = Path(digest.__file__).parent
    packaged = package / "templates"
    return packaged if packaged.is_dir() else package.parent / "templates"


@pass_eval_context
def finalize(context: EvalContext, value: object) -> object:
    """Return a value as a template may print it, with marks of direction as markup in markup."""
    text = checked(value)
    if context.autoescape and type(text) is str and ISOLATE in text:
        return as_markup(escape(text))
    return text


def checked(value: object) -> object:
    """Return a value so that text from outside can't place a slot."""
    if type(value) is str:  # most are
        return sanitize(value)
    if isinstance(value, Slot):
        return Href(value.mark)
    if isinstance(value, _MADE_HERE) or not isinstance(value, str):
        return value
    return sanitize(value)


def _escapes(name: str | None) -> bool:
    # A template from a string has no name: escaping it is the safe choice.
    return name is None or name.endswith(ESCAPED)
