"""Ship or skip: GET shows the tools of an issue, POST keeps what was said."""

from fastapi import APIRouter, Response

from digest.readers.votes import ballots, cast_votes, prepared
from digest.web.forms import SmallForm
from digest.web.public.token_links import read_bearer
from digest.web.site import ThePages, TheSite
from subscribers.tokens import Purpose

router = APIRouter()


@router.api_route("/vote/{token}", methods=["GET", "HEAD"])
def ask(token: str, site: TheSite, pages: ThePages, tool: str = "", say: str = "") -> Response:
    """Only shows the form: scanners open every link (invariant 5).

    `tool` and `say`, as the email's buttons have them, put that tool first with that choice made.
    """
    bearer = read_bearer(site, Purpose.VOTE, token)
    with site.store.read() as session:
        there = prepared(ballots(session, bearer), tool, say)
    first = there[0].name if there and there[0].slug == tool else None
    return pages.private("vote.html", ballots=there, said=None, first=first, path=f"/vote/{token}")


@router.post("/vote/{token}")
def vote(token: str, form: SmallForm, site: TheSite, pages: ThePages) -> Response:
    """One field a tool, its slug, with ship or skip; kept when it answers."""
    bearer = read_bearer(site, Purpose.VOTE, token)
    with site.store.write() as session:
        said = cast_votes(session, bearer, form, site.clock())
        if said is None:
            return pages.private("nobody.html", preview=not bearer.subscriber)
        return pages.private(
            "vote.html",
            ballots=ballots(session, bearer),
            said=said,
            first=None,
            path=f"/vote/{token}",
        )
