"""The studio: the list of issues, a form for other sites, and the mail by itself."""

from dataclasses import asdict

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from digest.issues.history import all_issues
from digest.pipeline.wording.current import current_words
from digest.web.headers import FRAMED_MAIL_POLICY
from digest.web.public.issues import issue_number
from digest.web.public.signup_form import signup_form
from digest.web.site import SiteDep, TemplatesDep
from digest.web.studio.common import HEADERS
from digest.web.studio.preview import preview_of, summary_of
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


@router.get("/issues/{number}/html")
def issue_html(number: str, site: SiteDep) -> Response:
    """Shows the mail's own HTML, by itself."""
    summary_of(site.store, issue_number(number), site.language)
    try:
        preview = preview_of(site.preview, issue_number(number), site.clock())
    except UserError as error:
        return HTMLResponse(str(error), 422, FRAME_HEADERS, "text/plain; charset=utf-8")
    return HTMLResponse(preview.html, headers=FRAME_HEADERS)
