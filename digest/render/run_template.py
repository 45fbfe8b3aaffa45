"""Renders a Jinja2 template, and tells errors by the template's file and line."""

from collections import Counter
from collections.abc import Iterator, Mapping
from traceback import extract_tb

from jinja2 import Environment, TemplateNotFound, TemplateRuntimeError, TemplateSyntaxError

from digest.brand import Brand
from digest.language.language import Language
from digest.render import palette
from digest.render.errors import TemplateError

_FAULTS = (
    TemplateRuntimeError,  # an undefined name too, and an unknown filter under an `if`
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)


def common_context(
    brand: Brand, language: Language, subject: str, preheader: str
) -> dict[str, object]:
    """Return the names that every email's template sees; docs/templates.md describes each."""
    rtl = language.direction == "rtl"
    return {
        "subject": subject,
        "preheader": preheader,
        "brand": brand,
        "direction": language.direction,
        "start": "right" if rtl else "left",
        "end": "left" if rtl else "right",
        "light": palette.light(brand.accent),
        "dark": palette.dark(brand.accent),
    }


def run_template(environment: Environment, name: str, context: Mapping[str, object]) -> str:
    """Render the template `name`. Raises TemplateError with the file and line of the error."""
    try:
        return environment.get_template(name).render(context)
    except TemplateError:
        raise
    except TemplateNotFound as error:
        where, line = _place(environment, name, error)
        raise TemplateError(where, line, f"there is no template {error.name}") from error
    except TemplateSyntaxError as error:
        raise TemplateError(error.name or name, error.lineno, str(error.message)) from error
    except RecursionError as error:
        [(round_, _)] = Counter(_frames(environment, error)).most_common(1) or [((name, None), 0)]
        raise TemplateError(*round_, "it comes to include or extend itself") from error
    except _FAULTS as error:
        where, line = _place(environment, name, error)
        raise TemplateError(where, line, str(error)) from error


def _place(environment: Environment, name: str, error: Exception) -> tuple[str, int | None]:
    """Return the template and line in which `error` was raised."""
    return next(_frames(environment, error), (name, None))


def _frames(environment: Environment, error: Exception) -> Iterator[tuple[str, int | None]]:
    """Yield templates and lines, the innermost first; Jinja2 rewrites its frames to them."""
    known = environment.list_templates()
    for one in reversed(extract_tb(error.__traceback__)):
        path = one.filename.replace("\\", "/")
        found = next((template for template in known if path.endswith(f"/{template}")), None)
        if found:
            yield found, one.lineno
