"""Models of the JSON form's objects, and the messages for values that do not fit."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import ErrorDetails, PydanticCustomError

from digest.catalog.intake import dates, limits, urls
from digest.catalog.intake.cleaning import clean_line, clean_prose, is_blank
from digest.catalog.intake.text.figures import is_dash
from digest.catalog.intake.text.lines import quoted
from digest.catalog.slugs import is_slug

_ERROR_TYPE = "fault"
_SLUG = 'lower-case words with hyphens, like "llama-4-compact-12b"'
_SCORE = "a number from 0 to 100, or null"


def _error(found: str, expected: str) -> PydanticCustomError:
    context = {"found": found, "expected": expected}
    return PydanticCustomError(_ERROR_TYPE, "found {found}, expected {expected}", context)


def _text(
    clean: Callable[[str], str], limit: int, *, is_needed: bool = False
) -> Callable[[str], str]:
    def check(value: str) -> str:
        text = clean(value)
        if is_needed and is_blank(text):
            raise _error(quoted(value), "at least one visible character")
        if len(text) > limit:
            raise _error(f"{len(text)} characters", f"{limit} at most")
        return text

    return check


def _slug(limit: int) -> Callable[[str], str]:
    def check(value: str) -> str:
        if not is_slug(value, limit):
            raise _error(quoted(value), f"{_SLUG}, {limit} characters at most")
        return value

    return check


def _address(value: str) -> str:
    if not urls.is_importable(value):
        raise _error(quoted(value), urls.EXPECTED)
    return value


def _moment(value: Any) -> datetime | None:
    if value is None:
        return None
    try:
        return dates.parse_published(value, is_zone_needed=True)
    except (TypeError, ValueError):
        raise _error(shown(value), f"{dates.EXPECTED}, or null") from None


def _price(value: str) -> str:
    return "" if is_dash(value) else value


Score = Annotated[float, Field(ge=0, le=100)]


class _Model(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class ReviewModel(_Model):
    lens: Literal["builder", "skeptic", "futurist", "founder"]
    quote: Annotated[str, AfterValidator(_text(clean_prose, limits.PROSE, is_needed=True))]
    verdict: Literal["ship", "skip"] | None = None


def _each_lens_once(reviews: list[ReviewModel]) -> list[ReviewModel]:
    seen: set[str] = set()
    for review in reviews:
        if review.lens in seen:
            raise _error(f'two reviews with the lens "{review.lens}"', "each lens once")
        seen.add(review.lens)
    return reviews


class ContenderModel(_Model):
    name: Annotated[str, AfterValidator(_text(clean_line, limits.NAME, is_needed=True))]
    slug: Annotated[str, AfterValidator(_slug(limits.TOOL_SLUG))] | None = None
    category: Annotated[str, AfterValidator(_text(clean_line, limits.CATEGORY, is_needed=True))]
    tagline: Annotated[str, AfterValidator(_text(clean_line, limits.TAGLINE))] = ""
    description: Annotated[str, AfterValidator(_text(clean_prose, limits.PROSE))] = ""
    panel_score: Score | None = None
    community_score: Score | None = None
    entry_price: Annotated[
        str, AfterValidator(_text(clean_line, limits.ENTRY_PRICE)), AfterValidator(_price)
    ] = ""
    reviews: Annotated[list[ReviewModel], AfterValidator(_each_lens_once)] = Field(
        default_factory=list
    )


class ComparisonModel(_Model):
    title: Annotated[str, AfterValidator(_text(clean_line, limits.TITLE))] = ""
    slug: Annotated[str, AfterValidator(_slug(limits.COMPARISON_SLUG))] | None = None
    url: Annotated[str, AfterValidator(_address)] | None = None
    published_at: Annotated[datetime | None, BeforeValidator(_moment)] = None
    contenders: Annotated[list[ContenderModel], Field(min_length=2, max_length=2)]


_EXPECTED = {
    "contenders": "a list of two contenders, the left one first",
    "reviews": "a list of reviews",
    "panel_score": _SCORE,
    "community_score": _SCORE,
    "lens": '"builder", "skeptic", "futurist" or "founder"',
    "verdict": '"ship", "skip" or null',
    "slug": f"{_SLUG}, or no such key",
    "url": f"{urls.EXPECTED}, or null",
}
_OBJECT = "an object in { }"
_TEXT = "text in quotation marks"


def describe(error: ErrorDetails) -> tuple[str, str]:
    """Return what was found and what was expected, for a message."""
    if error["type"] == _ERROR_TYPE:
        return error["ctx"]["found"], error["ctx"]["expected"]
    last = error["loc"][-1] if error["loc"] else 0
    if error["type"] == "extra_forbidden":
        keys = ", ".join(_keys_beside(error["loc"]))
        return f"the unknown key {quoted(str(last))}", f"one of {keys}"
    expected = _OBJECT if isinstance(last, int) else _EXPECTED.get(last, _TEXT)
    return ("no such key" if error["type"] == "missing" else shown(error["input"])), expected


def _keys_beside(place: tuple[int | str, ...]) -> list[str]:
    models: dict[int, type[BaseModel]] = {1: ComparisonModel, 3: ContenderModel, 5: ReviewModel}
    return list(models[len(place)].model_fields)


def shown(value: Any) -> str:
    """Return a JSON value as a message shows it."""
    if isinstance(value, str):
        return quoted(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return "an object" if isinstance(value, dict) else str(value)
