"""The studio: the list of issues, a form for other sites, and the mail by itself."""

from dataclasses import asdict

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from digest.issues.days import issue_zone
from digest.issues.history import all_issues
from digest.issues.tables import MANUAL_SERIES, IssueState
from digest.pipeline.wording.current import current_words
from digest.web.forms import FormFields
from digest.web.headers import FRAMED_MAIL_POLICY
from digest.web.public.issues import issue_number
from digest.web.public.signup_form import signup_form
from digest.web.site import Site, SiteDep, TemplatesDep
from digest.web.studio.common import HEADERS, see_other, without_cli_hint
from digest.web.studio.context import StudioSiteDep
from digest.web.studio.preview import preview_of, summary_of
from digest.web.studio.times import drafts_next, moment_words
from digest.web.templating import PageTemplates
from schedules.registry import all_schedules, find_schedule
from store.errors import UserError

router = APIRouter()

REFUSED = 409
FRAME_HEADERS = {"Content-Security-Policy": FRAMED_MAIL_POLICY, "Cache-Control": "no-store"}


@router.get("")
async def redirect_to_overview(request: Request) -> Response:
    return RedirectResponse(request.url.path + "/", 302)


@router.get("/")
def overview(site: SiteDep, templates: TemplatesDep) -> Response:
    """Lists all issues."""
    return _overview(site, templates)


@router.post("/issues")
def draft(site: StudioSiteDep, templates: TemplatesDep, given: FormFields) -> Response:
    """Drafts the next issue of the schedule that the field `series` names, and leads to it."""
    series = given.get("series") or MANUAL_SERIES
    try:
        if series != MANUAL_SERIES:
            with site.store.read() as session:
                find_schedule(session, series)
        number = site.issues.draft(series)
    except UserError as error:
        problem = without_cli_hint(str(error))
        return _overview(site, templates, series=series, problem=problem, status=REFUSED)
    return see_other(f"{templates.base}/studio/issues/{number}")


def _overview(
    site: Site,
    templates: PageTemplates,
    *,
    series: str = "",
    problem: str = "",
    status: int = 200,
) -> Response:
    """Returns the list of issues; `problem` says why none of `series` could be drafted."""
    with site.store.read() as session:
        issues = [
            (
                one,
                current_words(session, one, site.language),
                moment_words(one.send_at, issue_zone(session, one))
                if one.state == IssueState.SCHEDULED and one.send_at
                else "",
            )
            for one in all_issues(session)
        ]
        schedules = all_schedules(session)
        due = [(one.name, drafts_next(one, site.clock())) for one in schedules]
    return templates.show(
        "studio/overview.html",
        status=status,
        headers=HEADERS,
        issues=issues,
        schedules=[one.name for one in schedules],
        due=due,
        chosen=series,
        problem=problem,
    )


@router.get("/sign-up")
def sign_up(site: SiteDep, templates: TemplatesDep) -> Response:
    """Shows the sign-up form's HTML to paste into any page."""
    return templates.show(
        "studio/sign_up.html",
        headers=HEADERS,
        **asdict(signup_form(site)),
    )


@router.get("/issues/{number}/html")
def issue_html(number: str, site: SiteDep) -> Response:
    """Shows the mail's own HTML, by itself."""
    summary_of(site.store, issue_number(number), site.language)
    try:
        preview = preview_of(site.preview, issue_number(number), site.clock())
    except UserError as error:
        return HTMLResponse(str(error), 422, FRAME_HEADERS, "text/plain; charset=utf-8")
    return HTMLResponse(preview.html, headers=FRAME_HEADERS)
