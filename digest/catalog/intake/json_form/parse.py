"""Reads comparisons from JSON (see `docs/json-form.md`).

One object, a list of them, or `{"comparisons": [...]}`; `digest comparisons list --json` prints
such a list. Errors name their place as a path: `$[2].contenders[0].panel_score`.
"""

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from digest.catalog.intake.cleaning import printable
from digest.catalog.intake.json_form.models import ComparisonModel, ContenderModel, describe
from digest.catalog.intake.json_form.strict_json import JsonTextError, load_json
from digest.catalog.intake.text.lines import quoted
from digest.catalog.pages import (
    ComparisonPage,
    ContenderPage,
    Lens,
    PageError,
    ReviewPage,
    Verdict,
)
from digest.catalog.slugs import slugify

LIST_KEY = "comparisons"


def read_json(text: str, source: str) -> Iterator[ComparisonPage | PageError]:
    """Yield the comparisons in `text`; an item that can't be read is yielded as an error."""
    try:
        value = load_json(text)
    except JsonTextError as error:
        yield PageError(source, error.line, printable(error.found), error.expected)
        return
    items, path = _items(value)
    if items is None:
        yield read_comparison(value, source, path)
    elif not items:
        yield PageError(source, None, "an empty list", "at least one comparison", at=path)
    else:
        for number, item in enumerate(items):
            yield read_comparison(item, source, f"{path}[{number}]")


def read_comparison(value: Any, source: str, path: str) -> ComparisonPage | PageError:
    """Return one parsed JSON value as a comparison; `path` is its place in `source`."""
    try:
        model = ComparisonModel.model_validate(value)
    except ValidationError as error:
        return _first_error(error, source, path)
    left, right = (_contender(contender) for contender in model.contenders)
    if (left.slug or slugify(left.name)) == (right.slug or slugify(right.name)):
        expected = f"a contender other than {quoted(left.name)}"
        return PageError(source, None, quoted(right.name), expected, at=f"{path}.contenders[1]")
    return ComparisonPage(
        title=model.title or f"{left.name} vs {right.name}",
        contenders=(left, right),
        slug=model.slug,
        url=model.url,
        published_at=model.published_at,
        source=source,
    )


def _items(value: Any) -> tuple[list[Any] | None, str]:
    if isinstance(value, list):
        return value, "$"
    if isinstance(value, dict) and set(value) == {LIST_KEY} and isinstance(value[LIST_KEY], list):
        return value[LIST_KEY], f"$.{LIST_KEY}"
    return None, "$"


def _contender(model: ContenderModel) -> ContenderPage:
    return ContenderPage(
        name=model.name,
        category=model.category,
        tagline=model.tagline,
        description=model.description,
        panel_score=model.panel_score,
        community_score=model.community_score,
        entry_price=model.entry_price,
        reviews=tuple(
            ReviewPage(Lens(one.lens), one.quote, Verdict(one.verdict) if one.verdict else None)
            for one in model.reviews
        ),
        slug=model.slug,
    )


def _first_error(error: ValidationError, source: str, path: str) -> PageError:
    """Return the first error of several: one line is enough to fix a page by."""
    first = error.errors(include_url=False)[0]
    place = path + "".join(_step(step) for step in first["loc"])
    found, expected = describe(first)
    return PageError(source, None, found, expected, at=place)


def _step(step: int | str) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    name = printable(step)[:60]
    return f".{name}" if name.isidentifier() else f"[{quoted(name)}]"
