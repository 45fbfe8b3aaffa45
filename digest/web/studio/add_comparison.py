"""Adds a comparison from a page: pasted, uploaded or read from its address.

What was understood is shown beside its source, and can be corrected, before anything is kept. The
source travels in the form, so that nothing waits on the server.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from fastapi.responses import RedirectResponse

from digest.catalog.corrections import fields
from digest.catalog.intake.files import ENDINGS, HTML_ENDINGS, FileError
from digest.catalog.intake.html.parse import visible_lines
from digest.catalog.pages import PageError
from digest.catalog.queries import comparison_by_slug
from digest.sources.manual import (
    MOST_PAGES,
    PASTED,
    GivenPage,
    Reading,
    Wishes,
    given_bytes,
    keep,
    understand,
)
from digest.web.forms import FormUpload, UploadForm, clean
from digest.web.site import TemplatesDep
from digest.web.studio.common import HEADERS, see_other, without_cli_hint
from digest.web.studio.comparisons import ACTS, change_comparison, show_comparison
from digest.web.studio.context import ContextDep, StudioSiteDep
from store.errors import UserError

router = APIRouter()

REFUSED = 409
SLUG = "add"
"""The slug of a comparison whose page stands where this form stood."""
LONGEST_TEXT = 10_000
"""Characters of a corrected field that are read; the domain's own bounds are below."""
LONGEST_ADDRESS = 2_000
FORMS = {"": "as it begins", ".txt": "text", ".md": "Markdown", ".html": "HTML", ".json": "JSON"}
"""The forms that a page can be read as, by the ending of such a file."""


@dataclass(frozen=True, slots=True)
class _Tools:
    site: StudioSiteDep
    templates: TemplatesDep
    context: ContextDep


ToolsDep = Annotated[_Tools, Depends()]


@router.get("/add")
def ask_for_page(tools: ToolsDep) -> Response:
    """Shows the form for a page, a file or an address."""
    return _show(tools, GivenPage(""))


@router.get("/comparisons/add")
def show_what_is_called_add(tools: ToolsDep) -> Response:
    """Shows the comparison whose slug this is, if there is one; else leads to the form."""
    if _is_a_slug(tools):
        return show_comparison(SLUG, tools.site, tools.templates)
    return RedirectResponse(f"{tools.templates.base}/studio/add", 302)


@router.post("/comparisons/add")
def change_what_is_called_add(form: FormUpload, tools: ToolsDep) -> Response:
    """Changes the comparison whose slug this is, if there is one; else adds one."""
    if form.fields.get("do") in ACTS and _is_a_slug(tools):
        return change_comparison(SLUG, form.fields, tools.site, tools.templates, tools.context)
    return add_comparison(form, tools)


def _is_a_slug(tools: _Tools) -> bool:
    with tools.site.store.read() as session:
        return comparison_by_slug(session, SLUG) is not None


@router.post("/add")
def add_comparison(form: FormUpload, tools: ToolsDep) -> Response:
    """Shows what is understood of the page, or keeps it as corrected."""
    try:
        given = _given(form, tools)
    except UserError as error:
        held = GivenPage(form.fields.get("text", ""), address=form.fields.get("address", ""))
        return _show(tools, held, problem=without_cli_hint(str(error)))
    now, store = tools.site.clock(), tools.site.store
    wanted = {place for place in range(MOST_PAGES) if f"keep:{place}" in form.fields}
    wishes = Wishes(tools.context.editor, _changes(form.fields), wanted)
    if form.fields.get("do") != "keep":
        reading = understand(store, given, wishes, now)
        return _show(tools, given, reading, replace(wishes, wanted=range(MOST_PAGES)))
    kept = keep(store, given, wishes, now)
    if kept.has_problems or not kept.found:
        problem = "" if kept.has_problems else "Nothing was chosen, so nothing was kept."
        return _show(tools, given, understand(store, given, wishes, now), wishes, problem)
    base = f"{tools.templates.base}/studio/comparisons/"
    if len(kept.found) > 1:
        return see_other(f"{base}?said={len(kept.found)}-kept")
    return see_other(f"{base}{kept.found[0].view.slug}?said={kept.found[0].result.change}")


def _given(form: UploadForm, tools: _Tools) -> GivenPage:
    """Return the page that a form holds: a file, else an address to ask, else its text.

    Raises UserError.
    """
    if form.is_too_large:
        msg = "the file has more than 2 MiB, which is the most of one page"
        raise UserError(msg)
    if form.fields.get("do", "read") == "read":
        if "file" in form.files:
            name, data = form.files["file"]
            name = clean(PurePath(name.replace("\\", "/")).name, 200)
            try:
                return given_bytes(data, name, PurePath(name).suffix.lower())
            except FileError as error:
                raise UserError(f"{name}: {error}") from None
        if address := form.fields.get("url", "").strip():
            return tools.context.read_address(address[:LONGEST_ADDRESS])
    ending = form.fields.get("ending", "")
    return GivenPage(
        form.fields.get("text", ""),
        clean(form.fields.get("name", ""), 200) or PASTED,
        ending if ending in ENDINGS else "",
        form.fields.get("address", "")[:LONGEST_ADDRESS],
    )


def _changes(given: Mapping[str, str]) -> dict[int, dict[str, str]]:
    """Return each field whose text is not what the page showed: `was:PLACE:FIELD` holds that."""
    known = set(fields())
    found: dict[int, dict[str, str]] = {}
    for name, text in given.items():
        kind, _, rest = name.partition(":")
        place, _, field = rest.partition(":")
        if kind != "is" or field not in known or not place.isdecimal() or len(place) > 2:  # noqa: PLR2004
            continue
        if _plain(text) != _plain(given.get(f"was:{rest}", "")):
            found.setdefault(int(place), {})[field] = text[:LONGEST_TEXT]
    return found


def _plain(text: str) -> str:
    return " ".join(text.split())


def _show(
    tools: _Tools,
    given: GivenPage,
    reading: Reading | None = None,
    wishes: Wishes | None = None,
    problem: str = "",
) -> Response:
    """Return the page; `problem` says why what was asked for was not done."""
    is_refused = problem or (reading and (reading.has_problems or not reading.found))
    return tools.templates.show(
        "studio/comparisons/add.html",
        status=REFUSED if is_refused else 200,
        headers=HEADERS,
        given=given,
        reading=reading,
        problem=problem,
        forms=FORMS,
        lines=_visible(given) if reading and reading.found else [],
        shown=_shown,
        changes=wishes.corrections if wishes else {},
        wanted=wishes.wanted if wishes else (),
    )


def _visible(given: GivenPage) -> list[Any]:
    """Return the lines that a reader of an HTML page sees; of other pages none, the source does."""
    if given.ending not in HTML_ENDINGS and given.text.lstrip()[:1] != "<":
        return []
    try:
        return visible_lines(given.text, given.name)
    except PageError:
        return []


def _shown(name: str, value: Any) -> str:
    """Return a field's value as its input holds it."""
    if value is None:
        return ""
    if name != "published_at":
        return f"{value:g}" if isinstance(value, float) else str(value)
    moment = datetime.fromisoformat(value).astimezone(UTC)
    is_day = (moment.hour, moment.minute, moment.second) == (0, 0, 0)
    return f"{moment:%Y-%m-%d}" if is_day else f"{moment:%Y-%m-%dT%H:%M}Z"
