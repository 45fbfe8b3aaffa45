"""Votes: GET shows the tools of an issue, POST stores ship or skip."""

from fastapi import APIRouter, Response

from digest.readers.votes import ballots, cast_votes, preselect
from digest.web.forms import FormFields
from digest.web.reader.token_links import read_link, unknown_reader
from digest.web.site import SiteDep, TemplatesDep
from subscribers.tokens import Purpose

router = APIRouter()


@router.api_route("/vote/{token}", methods=["GET", "HEAD"])
def ask(
    token: str, site: SiteDep, templates: TemplatesDep, tool: str = "", say: str = ""
) -> Response:
    """Only shows the form: scanners open every link (invariant 5, docs/invariants.md).

    `tool` and `say`, as the email's buttons have them, put that tool first with that choice made.
    """
    link = read_link(site, Purpose.VOTE, token)
    with site.store.read() as session:
        there = preselect(ballots(session, link), tool, say)
    first = there[0].name if there and there[0].slug == tool else None
    return templates.private(
        "vote.html", ballots=there, said=None, first=first, path=f"/vote/{token}"
    )


@router.post("/vote/{token}")
def vote(token: str, form: FormFields, site: SiteDep, templates: TemplatesDep) -> Response:
    """Stores the votes: a field for each tool, named by its slug, with ship or skip."""
    link = read_link(site, Purpose.VOTE, token)
    with site.store.write() as session:
        said = cast_votes(session, link, form, site.clock())
        if said is None:
            raise unknown_reader(link)
        return templates.private(
            "vote.html",
            ballots=ballots(session, link),
            said=said,
            first=None,
            path=f"/vote/{token}",
        )
