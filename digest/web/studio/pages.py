"""The studio: an issue as its recipients will see it, with the reasons for its picks."""

from dataclasses import asdict

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from digest.issues.history import all_issues
from digest.pipeline.wording.current import current_words
from digest.web.headers import FRAMED_MAIL_POLICY
from digest.web.public.issues import issue_number
from digest.web.public.signup_form import signup_form
from digest.web.site import Site, SiteDep, TemplatesDep
from digest.web.studio.common import HEADERS
from digest.web.studio.preview import IssuePreview, IssueSummary, preview_of, summary_of
from store.errors import UserError

router = APIRouter()

FRAME_HEADERS = {"Content-Security-Policy": FRAMED_MAIL_POLICY, "Cache-Control": "no-store"}


@router.get("")
async def redirect_to_overview(request: Request) -> Response:
    return RedirectResponse(request.url.path + "/", 302)


@router.get("/")
def overview(site: SiteDep, templates: TemplatesDep) -> Response:
    """Lists all issues."""
    with site.store.read() as session:
        issues = [(one, current_words(session, one, site.language)) for one in all_issues(session)]
    return templates.show("studio/overview.html", headers=HEADERS, issues=issues)


@router.get("/sign-up")
def sign_up(site: SiteDep, templates: TemplatesDep) -> Response:
    """Shows the sign-up form's HTML to paste into any page."""
    return templates.show(
        "studio/sign_up.html",
        headers=HEADERS,
        **asdict(signup_form(site)),
    )


@router.get("/issues/{number}")
def issue(number: str, site: SiteDep, templates: TemplatesDep) -> Response:
    summary, preview, error = _load(site, issue_number(number))
    return templates.show(
        "studio/issue.html",
        status=200 if preview else 422,
        headers=HEADERS,
        summary=summary,
        preview=preview,
        error=error,
    )


@router.get("/issues/{number}/html")
def issue_html(number: str, site: SiteDep) -> Response:
    """Shows the mail's own HTML, for the frames of the issue's page."""
    _, preview, error = _load(site, issue_number(number))
    if preview is None:
        return HTMLResponse(error, 422, FRAME_HEADERS, "text/plain; charset=utf-8")
    return HTMLResponse(preview.html, headers=FRAME_HEADERS)


def _load(site: Site, number: int) -> tuple[IssueSummary, IssuePreview | None, str]:
    """Returns issue `number` and its preview; if it can't be rendered, None and one line why.

    Raises NoSuchIssueError.
    """
    summary = summary_of(site.store, number, site.language)
    try:
        return summary, preview_of(site.preview, number, site.clock()), ""
    except UserError as error:
        return summary, None, str(error)
