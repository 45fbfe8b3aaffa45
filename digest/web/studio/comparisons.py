"""The comparisons as they were read: to be looked for, hidden, shown again and corrected."""

import re
from typing import Any

from fastapi import APIRouter, HTTPException, Response

from digest.catalog.corrections import CorrectionError, correct, corrections_of, fields, shown
from digest.catalog.hidden import Hidden, hidden_by, set_hidden
from digest.catalog.published import find_comparisons
from digest.catalog.queries import comparison_by_slug
from digest.issues.history import issues_of
from digest.web.forms import FormFields
from digest.web.site import SiteDep, TemplatesDep
from digest.web.studio.common import HEADERS, see_other, without_cli_hint
from digest.web.studio.context import ContextDep, StudioSite, StudioSiteDep
from digest.web.templating import PageTemplates

router = APIRouter()

MAX_LISTED = 100
MISSING, REFUSED = 404, 409
ACTS = ("hide", "show", "correct")
SAID = {
    "new": "Kept: it is new.",
    "changed": "Kept: it was known already, and what the page says now is taken over.",
    "same": "Kept: it was known already, and its page says what it said before.",
}
"""What was done, by the name that a redirect carries: no text comes from an address."""
_MANY = re.compile(r"[0-9]{1,2}-kept")
_KEPT = "{} comparisons are kept."


@router.get("/comparisons/")
def list_comparisons(
    site: SiteDep, templates: TemplatesDep, find: str = "", said: str = ""
) -> Response:
    """Lists comparisons, the newest first, or those that have every word of `find`."""
    words = " ".join(find.split())[:200]
    with site.store.read() as session:
        found = find_comparisons(session, words, site.clock(), MAX_LISTED + 1, hidden=True)
    return templates.show(
        "studio/comparisons/list.html",
        headers=HEADERS,
        found=found[:MAX_LISTED],
        has_more=len(found) > MAX_LISTED,
        search=words,
        said=_KEPT.format(said.removesuffix("-kept")) if _MANY.fullmatch(said) else "",
    )


@router.get("/comparisons/{slug}")
def show_comparison(
    slug: str, site: StudioSiteDep, templates: TemplatesDep, said: str = ""
) -> Response:
    """Shows what was read of a page, and what an editor corrected."""
    return _page(site, templates, slug, said=SAID.get(said, ""))


@router.post("/comparisons/{slug}")
def change_comparison(
    slug: str,
    given: FormFields,
    site: StudioSiteDep,
    templates: TemplatesDep,
    context: ContextDep,
) -> Response:
    """Hides the comparison, shows it again, or corrects one field."""
    now, act = site.clock(), given.get("do", "")
    try:
        with site.store.write() as session:
            if act in ("hide", "show"):
                hidden = Hidden(context.editor, now) if act == "hide" else None
                set_hidden(session, slug, hidden, now)
            elif act == "correct":
                field, value = given.get("field", ""), given.get("value", "")
                correct(session, slug, field, value, who=context.editor, now=now)
    except CorrectionError as error:
        return _page(site, templates, slug, problem=without_cli_hint(str(error)), given=given)
    return see_other(f"{templates.base}/studio/comparisons/{slug}")


def _page(
    site: StudioSite,
    templates: PageTemplates,
    slug: str,
    *,
    said: str = "",
    problem: str = "",
    given: dict[str, str] | None = None,
) -> Response:
    with site.store.read() as session:
        view = comparison_by_slug(session, slug)
        if view is None:
            raise HTTPException(MISSING)
        hidden = hidden_by(session, slug)
        corrected: list[Any] = corrections_of(session, view.id)
        issues = issues_of(session, slug)
    return templates.show(
        "studio/comparisons/show.html",
        status=REFUSED if problem else 200,
        headers=HEADERS,
        view=view,
        hidden=hidden,
        corrections=[(one.field, one.who, shown(one.page_now)) for one in corrected],
        fields=fields(),
        issues=issues,
        said=said,
        problem=problem,
        given=given or {},
    )
