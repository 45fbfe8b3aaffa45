"""One run of Jinja2 over one template, with faults told by file and line."""

from collections.abc import Mapping
from traceback import extract_tb

from jinja2 import Environment, TemplateNotFound, TemplateSyntaxError, UndefinedError

from digest.brand import Brand
from digest.render import palette
from digest.render.errors import TemplateError

_RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"})


def frame(brand: Brand, subject: str, preheader: str) -> dict[str, object]:
    """What every email's template sees; docs/templates.md describes each name."""
    rtl = brand.language.partition("-")[0] in _RIGHT_TO_LEFT
    return {
        "subject": subject,
        "preheader": preheader,
        "brand": brand,
        "direction": "rtl" if rtl else "ltr",
        "start": "right" if rtl else "left",
        "end": "left" if rtl else "right",
        "light": palette.light(brand.accent),
        "dark": palette.dark(brand.accent),
    }


def run(environment: Environment, name: str, context: Mapping[str, object]) -> str:
    """Raises TemplateError with the template and line of the fault."""
    try:
        return environment.get_template(name).render(context)
    except TemplateError:
        raise
    except TemplateNotFound as error:
        raise TemplateError(str(error.name), None, "there is no such template") from error
    except TemplateSyntaxError as error:
        raise TemplateError(error.name or name, error.lineno, str(error.message)) from error
    except (UndefinedError, ArithmeticError, AttributeError, TypeError, ValueError) as error:
        where, line = _place(environment, name, error)
        raise TemplateError(where, line, str(error)) from error


def _place(environment: Environment, name: str, error: Exception) -> tuple[str, int | None]:
    """The template and line where `error` arose: Jinja2 writes its frames as the templates'."""
    known = environment.list_templates()
    for frame in reversed(extract_tb(error.__traceback__)):
        path = frame.filename.replace("\\", "/")
        found = next((template for template in known if path.endswith(f"/{template}")), None)
        if found:
            return found, frame.lineno
    return name, None
