"""The public archive: the issues that went out."""

import re
from collections.abc import Mapping

from fastapi import APIRouter, HTTPException, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from digest.issues.archive import (
    PUBLIC_STATES,
    archived_issue,
    archived_version,
    moment_claim,
    page_query,
    public_issues,
)
from digest.issues.lifecycle import find_issue
from digest.message.personalization import HELLO
from digest.render.archive import archive_html, with_head_and_foot
from digest.render.errors import TemplateError
from digest.render.filters import fill_date_in_html
from digest.web.headers import ARCHIVE_POLICY, MAIL_POLICY
from digest.web.public.signup_form import signup_form
from digest.web.site import PagesDep, Site, SiteDep, TemplatesDep
from digest.web.templating import PageTemplates
from store.errors import UserError
from subscribers.tokens import Purpose, TokenError

router = APIRouter()

UNLISTED = {"X-Robots-Tag": "noindex", "Cache-Control": "no-store"}
"""For a page that only who got the mail has the address of."""
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
def issue_page(
    number: str,
    site: SiteDep,
    templates: TemplatesDep,
    pages: PagesDep,
    *,
    test: str = "",
    issue: str = "",
) -> Response:
    """Shows an issue as it was mailed, with nobody's tokens, and the sign-up form under it.

    `test` is the token of a test message: it opens the issue it was made for, in any state.
    `issue` is what mail calls it beside its number: another store's of that number is not shown.
    """
    wanted = issue_number(number)
    with site.store.read() as session:
        version = archived_version(session, wanted)
    if version and issue and page_query(version.public_id) != f"issue={issue}":
        raise HTTPException(404)
    if version is None:
        return _tested_issue(site, templates, wanted, test)
    page = pages.get(wanted, version, lambda: _archived_page(site, templates, wanted))
    headers = {} if version.state in PUBLIC_STATES else UNLISTED
    return HTMLResponse(page, headers={"Content-Security-Policy": ARCHIVE_POLICY} | headers)


def _archived_page(site: Site, templates: PageTemplates, number: int) -> bytes:
    """Returns the page of an issue that went out. Raises a 404 if it is gone meanwhile."""
    with site.store.read() as session:
        found = archived_issue(session, number)
    if found is None:
        raise HTTPException(404)
    values = {"path": f"/issues/{found.number}", "entry": found, "signup_form": signup_form(site)}
    html = with_head_and_foot(
        _for_everybody(
            templates, fill_date_in_html(found.html, found.day, site.language), found.links
        ),
        templates.text("issue_head.html", **values),
        templates.text("issue_foot.html", **values),
    )
    return html.encode()


def _tested_issue(site: Site, templates: PageTemplates, number: int, token: str) -> Response:
    """Shows an issue as it stands to who has a test message of it. Raises a 404 for others."""
    try:
        claims = site.tokens.read(Purpose.TEST, token)
        with site.store.read() as session:
            made_for = moment_claim(find_issue(session, number))
        if (claims.subscriber, claims.issue) != (made_for, number):
            raise HTTPException(404)
        rendered = site.preview.rendered(number)
    except (TokenError, UserError, TemplateError):
        raise HTTPException(404) from None
    links = {link.number: link.url for link in rendered.links}
    html = with_head_and_foot(_for_everybody(templates, rendered.html, links), "", "")
    return HTMLResponse(html, headers={"Content-Security-Policy": MAIL_POLICY} | UNLISTED)


def _for_everybody(templates: PageTemplates, html: str, links: Mapping[int, str]) -> str:
    base = templates.base
    greeting = templates.say(HELLO)
    return archive_html(html, links, f"{base}/issues/", f"{base}/subscribe", greeting)


def issue_number(text: str) -> int:
    """Parses an issue's number in a path. Raises a 404 for anything else."""
    if not ISSUE_NUMBER.fullmatch(text):
        raise HTTPException(404)
    return int(text)
