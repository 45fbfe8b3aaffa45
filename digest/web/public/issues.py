"""The public archive: the issues that went out."""

import re

from fastapi import APIRouter, HTTPException, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from digest.issues.archive import archived_issue, public_issues
from digest.render.archive import archive_html, with_head_and_foot
from digest.render.filters import fill_date
from digest.web.headers import ARCHIVE_POLICY
from digest.web.public.signup_form import signup_form
from digest.web.site import SiteDep, TemplatesDep

router = APIRouter()

ISSUE_NUMBER = re.compile(r"[1-9][0-9]{0,6}")


@router.api_route("/", methods=["GET", "HEAD"])
async def home(templates: TemplatesDep) -> Response:
    """Redirects to the archive."""
    return RedirectResponse(f"{templates.base}/issues/", 302)


@router.api_route("/issues", methods=["GET", "HEAD"])
@router.api_route("/issues/", methods=["GET", "HEAD"])
def archive(site: SiteDep, templates: TemplatesDep) -> Response:
    """Lists the issues that went out."""
    with site.store.read() as session:
        entries = public_issues(session)
    return templates.show(
        "issues.html", entries=entries, path="/issues/", signup_form=signup_form(site)
    )


@router.api_route("/issues/{number}", methods=["GET", "HEAD"])
def issue(number: str, site: SiteDep, templates: TemplatesDep) -> Response:
    """Shows an issue as it was mailed, with nobody's tokens, and the sign-up form under it."""
    with site.store.read() as session:
        found = archived_issue(session, issue_number(number))
    if found is None:
        raise HTTPException(404)
    values = {"path": f"/issues/{found.number}", "entry": found, "signup_form": signup_form(site)}
    html = with_head_and_foot(
        archive_html(fill_date(found.html, found.day), found.links, f"{templates.base}/issues/"),
        templates.text("issue_head.html", **values),
        templates.text("issue_foot.html", **values),
    )
    return HTMLResponse(html, headers={"Content-Security-Policy": ARCHIVE_POLICY})


def issue_number(text: str) -> int:
    """Parses an issue's number in a path. Raises a 404 for anything else."""
    if not ISSUE_NUMBER.fullmatch(text):
        raise HTTPException(404)
    return int(text)
