"""The editors' preview: an issue as its recipients will see it, with the reasons behind it."""

from dataclasses import asdict

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import col, select

from digest.issues.lifecycle import IssueError
from digest.issues.tables import Issue
from digest.render.errors import TemplateError
from digest.web.headers import FRAMED_MAIL_POLICY, STUDIO_POLICY
from digest.web.public.issues import issue_number
from digest.web.public.signup_form import signup_form
from digest.web.site import Site, SiteDep, TemplatesDep
from digest.web.studio.preview import Facts, Proof, facts_of, proof_of

router = APIRouter(prefix="/studio")

FRESH = {"Content-Security-Policy": STUDIO_POLICY, "Cache-Control": "no-store"}
FRAMED = {"Content-Security-Policy": FRAMED_MAIL_POLICY, "Cache-Control": "no-store"}


@router.get("")
async def door(request: Request) -> Response:
    return RedirectResponse(request.url.path + "/", 302)


@router.get("/")
def overview(site: SiteDep, pages: TemplatesDep) -> Response:
    with site.store.read() as session:
        issues = session.exec(select(Issue).order_by(col(Issue.number).desc())).all()
        return pages.show("studio/overview.html", headers=FRESH, issues=issues)


@router.get("/sign-up")
def sign_up(site: SiteDep, pages: TemplatesDep) -> Response:
    """HTML to paste into any page."""
    return pages.show(
        "studio/sign_up.html",
        headers=FRESH,
        **asdict(signup_form(site)),
    )


@router.get("/issues/{number}")
def issue(number: str, site: SiteDep, pages: TemplatesDep) -> Response:
    facts, proof, fault = look(site, issue_number(number))
    return pages.show(
        "studio/issue.html",
        status=200 if proof else 422,
        headers=FRESH,
        facts=facts,
        proof=proof,
        fault=fault,
    )


@router.get("/issues/{number}/html")
def issue_html(number: str, site: SiteDep) -> Response:
    """The mail's own page for the preview's frames; `number` as in the issue's page."""
    _, proof, fault = look(site, issue_number(number))
    if proof is None:
        return HTMLResponse(fault, 422, FRAMED, "text/plain; charset=utf-8")
    return HTMLResponse(proof.html, headers=FRAMED)


def look(site: Site, number: int) -> tuple[Facts, Proof | None, str]:
    """Issue `number` and its proof; where it can't be rendered, None and one line why."""
    with site.store.read() as session:
        facts = facts_of(session, number)
    if facts is None:
        raise HTTPException(404)
    try:
        return facts, proof_of(site.preview, number, site.clock()), ""
    except (IssueError, TemplateError) as error:
        return facts, None, str(error)
