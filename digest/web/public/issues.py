"""The archive: issues that went out, for everybody."""

import re
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, HTTPException, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session, col, select

from digest.issues.tables import Issue, IssueState, Link, Variant
from digest.render.archive import archive_html, with_head_and_foot
from digest.web.headers import ARCHIVE_POLICY
from digest.web.public.signup_form import signup_form
from digest.web.site import SiteDep, TemplatesDep

router = APIRouter()

PUBLIC_STATES = (IssueState.SENDING, IssueState.PAUSED, IssueState.FINISHED)
ISSUE_NUMBER = re.compile(r"[1-9][0-9]{0,6}")


@dataclass(frozen=True, slots=True)
class Entry:
    """An issue as the archive lists it; `day` is when it went out."""

    number: int
    subject: str
    preheader: str
    day: datetime


@router.api_route("/", methods=["GET", "HEAD"])
async def home(pages: TemplatesDep) -> Response:
    return RedirectResponse(f"{pages.base}/issues/", 302)


@router.api_route("/issues", methods=["GET", "HEAD"])
@router.api_route("/issues/", methods=["GET", "HEAD"])
def archive(site: SiteDep, pages: TemplatesDep) -> Response:
    with site.store.read() as session:
        return pages.show(
            "issues.html",
            entries=public_issues(session),
            path="/issues/",
            signup_form=signup_form(site),
        )


@router.api_route("/issues/{number}", methods=["GET", "HEAD"])
def issue(number: str, site: SiteDep, pages: TemplatesDep) -> Response:
    with site.store.read() as session:
        row = session.get(Issue, issue_number(number))
        found = frozen_html(session, issue_number(number), f"{pages.base}/issues/")
    if found is None or row is None:
        raise HTTPException(404)
    around = {"path": f"/issues/{row.number}", "entry": row, "signup_form": signup_form(site)}
    html = with_head_and_foot(
        found, pages.text("issue_head.html", **around), pages.text("issue_foot.html", **around)
    )
    return HTMLResponse(html, headers={"Content-Security-Policy": ARCHIVE_POLICY})


def issue_number(text: str) -> int:
    """An issue's number out of an address; a 404 for anything else."""
    if not ISSUE_NUMBER.fullmatch(text):
        raise HTTPException(404)
    return int(text)


def public_issues(session: Session) -> list[Entry]:
    """Newest first."""
    rows = session.exec(
        select(Issue).where(col(Issue.state).in_(PUBLIC_STATES)).order_by(col(Issue.number).desc())
    )
    return [
        Entry(row.number, row.subject, row.preheader, row.send_at or row.approved_at or row.as_of)
        for row in rows
        if row.number is not None
    ]


def frozen_html(session: Session, number: int, archive_url: str) -> str | None:
    """What issue `number` mailed, with nobody's tokens; None where nothing went out."""
    row = session.get(Issue, number)
    if row is None or row.state not in PUBLIC_STATES:
        return None
    variant = session.exec(
        select(Variant).where(Variant.issue_number == number).order_by(col(Variant.id))
    ).first()
    if variant is None:
        return None
    links = session.exec(select(Link).where(Link.issue_number == number))
    return archive_html(variant.html, {link.number: link.url for link in links}, archive_url)
